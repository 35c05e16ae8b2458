/**
 * Where a link in a message may lead: http and https, nothing else.
 * @returns `host` where the shown text names another place than the link goes to, so that it can be said.
 */
export function safeLink(href: string, text: string): { href: string; host?: string } | undefined {
  const url = parse(href)
  if (url === undefined) return undefined
  return honest(url, text) ? { href: url.href } : { href: url.href, host: url.host }
}

function parse(given: string): URL | undefined {
  try {
    const url = new URL(given)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined
  } catch {
    return undefined
  }
}

/** “bank.example” must lead to bank.example; words that name no place promise nothing. */
function honest(url: URL, text: string): boolean {
  if (url.username !== '') return false
  const shown = text.replace(/[\p{Cf}\s]/gu, '')
  const named = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]+\.[^/?#.]{2,})(?:[/?#]|$)/iu.exec(shown)?.[1]
  return named === undefined || parse(`https://${named}`)?.hostname === url.hostname
}

import { unsign } from 'cookie-signature'
import { cookieName } from '../protocol/limits.ts'

const longestHeader = 8192

/**
 * The value of a cookie, or undefined. One reader for requests and upgrades.
 * A cookie that comes twice, in other letter case or without a name was put there by someone else (cookie tossing): then there is none.
 */
export function readCookie(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > longestHeader) return undefined
  const alike = header.split(';').filter((pair) => isAlike(pair, name))
  const [pair] = alike
  if (alike.length !== 1 || pair === undefined || !pair.trimStart().startsWith(`${name}=`)) return undefined
  try {
    return decodeURIComponent(pair.slice(pair.indexOf('=') + 1).trim())
  } catch {
    return undefined
  }
}

/** The session id that a Cookie header carries, its signature checked against each secret, and which of them it was. */
export function readSigned(header: string | undefined, secrets: readonly string[]): { sid: string; by: number } | undefined {
  const value = readCookie(header, cookieName)
  if (value === undefined || !value.startsWith('s:')) return undefined
  for (const [by, secret] of secrets.entries()) {
    const sid = unsign(value.slice(2), secret)
    if (sid !== false) return { sid, by }
  }
  return undefined
}

export const readSessionId = (header: string | undefined, secrets: readonly string[]): string | undefined =>
  readSigned(header, secrets)?.sid

/** Same name whatever its case or blanks, or no name and a value that a careless reader takes for one (`=__Host-x=…`). */
function isAlike(pair: string, name: string): boolean {
  const [first = '', second = ''] = pair.split('=', 2).map((part) => part.trim().toLowerCase())
  const wanted = name.toLowerCase()
  return first === wanted || (first === '' && second === wanted)
}

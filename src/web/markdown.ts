import { Marked, type Token, type Tokens } from 'marked'
import { type ComponentChild, type ComponentChildren, h } from 'preact'
import { safeLink } from './links.ts'

/** Who an `@name` in this message means, if anyone it reached. */
export type FindMention = (name: string) => { display: string; me: boolean } | undefined

type Drawers = { [kind: string]: (token: never, find: FindMention, depth: number) => ComponentChild }

/** Deeper than anyone writes; shallower than a stack. */
const deepest = 12
const nothing = () => undefined

/**
 * Only what chat needs. HTML, headings by underline, indented code, tables and link definitions stay the text that they are: nobody who
 * writes them in chat means them, and a definition would make its text vanish. Images are links: no foreign server is asked.
 */
const reader = new Marked({
  gfm: true,
  breaks: true,
  tokenizer: { html: nothing, tag: nothing, lheading: nothing, code: nothing, table: nothing, def: nothing },
})

/** A message's text as nodes. No HTML is ever made, so there is nothing to sanitise (Trusted Types: 'none'). */
export function prose(text: string, find: FindMention = nothing): ComponentChildren {
  try {
    return draw(read(text), find, 0)
  } catch {
    // Nested beyond the reader's stack: shown as typed.
    return h('p', null, text)
  }
}

const remembered = new Map<string, Token[]>()

/** Messages are drawn again each time they scroll into view; their tokens are kept for the last few hundred. */
function read(text: string): Token[] {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const tokens = isTower(text) ? [{ type: 'paragraph', raw: text, text, tokens: [{ type: 'text', raw: text, text }] }] : reader.lexer(text)
  if (remembered.size >= 400) remembered.delete(remembered.keys().next().value ?? '')
  remembered.set(text, tokens)
  return tokens
}

/** Quotes in quotes in quotes cost the reader quadratic time; nobody means them. */
const isTower = (text: string): boolean => /^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){13}/m.test(text)

const draw = (tokens: readonly Token[], find: FindMention, depth: number): ComponentChild[] =>
  tokens.map((token) => {
    const drawer = drawers[token.type]
    return drawer === undefined || depth > deepest ? token.raw : drawer(token as never, find, depth + 1)
  })

const within = (name: string) => (token: Tokens.Generic, find: FindMention, depth: number) =>
  h(name, null, draw(token.tokens ?? [], find, depth))

const drawers: Drawers = {
  space: () => null,
  paragraph: within('p'),
  heading: ({ tokens }: Tokens.Heading, find, depth) => h('p', null, h('strong', null, draw(tokens, find, depth))),
  blockquote: within('blockquote'),
  strong: within('strong'),
  em: within('em'),
  del: within('del'),
  br: () => h('br', null),
  hr: () => h('hr', null),
  escape: ({ text }: Tokens.Escape) => text,
  codespan: ({ text }: Tokens.Codespan) => h('code', null, text),
  code: ({ raw, text }: Tokens.Code) => (text === '' ? raw : h('pre', { tabIndex: 0 }, h('code', null, text))),
  list: ({ ordered, start, items }: Tokens.List, find, depth) =>
    h(ordered ? 'ol' : 'ul', ordered && start !== '' ? { start } : null, draw(items, find, depth)),
  list_item: ({ task, checked, tokens }: Tokens.ListItem, find, depth) =>
    h('li', null, task ? (checked ? '☑ ' : '☐ ') : null, draw(tokens, find, depth)),
  checkbox: () => null,
  text: ({ text, tokens }: Tokens.Text, find, depth) => (tokens === undefined ? mentions(text, find) : draw(tokens, find, depth)),
  link: ({ href, raw, text, tokens }: Tokens.Link, find, depth) => link(href, raw, text, () => draw(tokens, find, depth)),
  image: ({ href, raw, text }: Tokens.Image) => link(href, raw, text, () => text || href),
}

function link(href: string, raw: string, text: string, children: () => ComponentChildren): ComponentChild {
  const safe = safeLink(href, text)
  if (safe === undefined) return raw
  const shown = h('a', { href: safe.href, target: '_blank', rel: 'noopener noreferrer' }, children())
  return safe.host === undefined ? shown : [shown, h('span', { class: 'host' }, ` (${safe.host})`)]
}

function mentions(text: string, find: FindMention): ComponentChild {
  if (!text.includes('@')) return text
  return text.split(/(@[\p{L}\p{N}_.-]+)/u).map((part, at): ComponentChild => {
    if (at % 2 === 0) return part
    const [name, rest] = nameIn(part)
    const found = find(name)
    return found === undefined ? part : [mention(found), rest]
  })
}

/** `@ada...` is ada at the end of a sentence. A loop: a pattern would look at each dot as often as there are dots before it. */
function nameIn(part: string): [name: string, rest: string] {
  let end = part.length
  while (end > 1 && (part[end - 1] === '.' || part[end - 1] === '-')) end -= 1
  return [part.slice(1, end), part.slice(end)]
}

const mention = ({ display, me }: { display: string; me: boolean }): ComponentChild =>
  h('bdi', { class: me ? 'mention mine' : 'mention' }, `@${display}`)

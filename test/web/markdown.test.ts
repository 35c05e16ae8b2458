import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type FindMention, prose } from '../../src/web/markdown.ts'

interface Node {
  type: string
  props: Record<string, unknown>
}

const isNode = (given: unknown): given is Node => typeof given === 'object' && given !== null && 'type' in given && 'props' in given

/** What the page would show, with the elements in sight; text keeps its angle brackets as ‹ ›. */
function shown(given: unknown): string {
  if (Array.isArray(given)) return given.map(shown).join('')
  if (isNode(given)) {
    const { children, ...rest } = given.props
    const attributes = Object.entries(rest).map(([name, value]) => ` ${name}="${String(value)}"`)
    return `<${given.type}${attributes.join('')}>${shown(children)}</${given.type}>`
  }
  if (typeof given === 'string' || typeof given === 'number') return String(given).replaceAll('<', '‹').replaceAll('>', '›')
  return ''
}

function everyNode(given: unknown): Node[] {
  if (Array.isArray(given)) return given.flatMap(everyNode)
  return isNode(given) ? [given, ...everyNode(given.props.children)] : []
}

const words = (given: unknown): string =>
  Array.isArray(given) ? given.map(words).join('') : isNode(given) ? words(given.props.children) : typeof given === 'string' ? given : ''

const allowed = new Set(['p', 'strong', 'em', 'del', 'code', 'pre', 'ul', 'ol', 'li', 'blockquote', 'a', 'span', 'bdi', 'br', 'hr'])
const attributes = new Set(['children', 'href', 'target', 'rel', 'class', 'start', 'tabIndex'])

/** What holds for any message, whoever wrote it. */
function harmless(text: string): void {
  for (const { type, props } of everyNode(prose(text))) {
    assert.ok(allowed.has(type), `<${type}> from ${JSON.stringify(text)}`)
    for (const name of Object.keys(props)) assert.ok(attributes.has(name), `${name} on <${type}> from ${JSON.stringify(text)}`)
    if (type !== 'a') continue
    assert.match(String(props.href), /^https?:\/\//)
    assert.equal(props.rel, 'noopener noreferrer')
    assert.equal(props.target, '_blank')
  }
}

test('ada writes with emphasis, lists, quotes and code', () => {
  assert.equal(shown(prose('a **b** _c_ ~~d~~ `e<`')), '<p>a <strong>b</strong> <em>c</em> <del>d</del> <code>e‹</code></p>')
  assert.equal(shown(prose('- a\n- b')), '<ul><li>a</li><li>b</li></ul>')
  assert.equal(shown(prose('> a')), '<blockquote><p>a</p></blockquote>')
  assert.equal(shown(prose('```js\nlet a = "<b>"\n```')), '<pre tabIndex="0"><code>let a = "‹b›"</code></pre>')
})

test('a line break is a line break', () => {
  assert.equal(shown(prose('a\nb')), '<p>a<br></br>b</p>')
})

test('what is typed is what is read: HTML, entities, tables, underlined headings and link definitions stay text (WEB-07)', () => {
  for (const text of [
    '<b>bold</b>',
    '&amp; &lt;',
    '<script>alert(1)</script>',
    '|a|b|\n|-|-|',
    '[a]: x',
    'snake_case_name 5 < 6 && 7 > 3',
  ]) {
    assert.equal(words(prose(text)).replaceAll('\n', ''), text.replaceAll('\n', ''))
  }
  assert.equal(shown(prose('title\n---')), '<p>title</p><hr></hr>')
})

test('an image is a link: no foreign server is asked (WEB-07, WEB-09)', () => {
  assert.match(shown(prose('![cat](https://a.example/cat.png)')), /^<p><a href="https:\/\/a\.example\/cat\.png"[^>]*>cat<\/a><\/p>$/)
})

const hostile = [
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\u0000script:alert(1))',
  '[x](data:text/html,<script>alert(1)</script>)',
  '[x](vbscript:x)',
  '[x](//evil.example)',
  '[x](file:///etc/passwd)',
  '[x](blob:https://a.example/1)',
  '<javascript:alert(1)>',
  '<https://a.example/"onmouseover="alert(1)>',
  '[a](https://a.example" onclick="alert(1))',
  '![x](javascript:alert(1))',
  '![x" onerror="alert(1)](https://a.example)',
  '```"><img src=x onerror=alert(1)>\n<b>\n```',
  '`<img src=x onerror=alert(1)>`',
  '- <iframe srcdoc="<script>alert(1)</script>">',
  '> <math><mtext></mtext><script>alert(1)</script></math>',
  '<a href="javascript:alert(1)">x</a>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<style>@import "https://evil.example"</style>',
  '1. <base href="https://evil.example/">',
  '**<b onmouseover=alert(1)>x</b>**',
  '[<img src=x onerror=alert(1)>](https://a.example)',
  '[\u202Ehttps://bank.example](https://evil.example)',
  '@<script>',
]

for (const text of hostile) test(`eve gets nothing out of ${JSON.stringify(text)}`, () => harmless(text))

test('eve gets nothing out of anything (WEB-07)', () => {
  const part = fc.oneof(
    fc.constantFrom(...hostile, '**', '_', '`', '```\n', '> ', '- ', '[', '](', ')', '![', '<', '>', '\n', '@', '~~', '\\'),
    fc.string({ unit: 'binary', maxLength: 12 }),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => harmless(parts.join(''))),
    { numRuns: 500 },
  )
})

test('a tower of quotes or brackets is shown, and does not stop the page', () => {
  for (const text of ['>'.repeat(8_000), '- '.repeat(4_000), '['.repeat(8_000), '*a **b '.repeat(1_100), '`'.repeat(8_000)]) {
    harmless(text)
    assert.ok(words(prose(text)).length > 0)
  }
})

test('a link that names one place and leads to another says so (WEB-07)', () => {
  assert.match(shown(prose('[bank.example](https://evil.example/a)')), /bank\.example<\/a><span class="host"> \(evil\.example\)<\/span>/)
  assert.match(shown(prose('http://bank.example@evil.example')), /\(evil\.example\)/)
  assert.match(shown(prose('[https://bank.example/login](https://bank.example.evil.example)')), /\(bank\.example\.evil\.example\)/)
  assert.doesNotMatch(shown(prose('[the runbook](https://a.example/x) https://a.example/y')), /class="host"/)
})

const find: FindMention = (name) =>
  name === 'ada' ? { display: 'Ada', me: true } : name === 'bob' ? { display: 'Bob', me: false } : undefined

test('a mention is marked, mine most; a name that nobody has is text', () => {
  assert.equal(
    shown(prose('@ada and @bob. not @eve', find)),
    '<p><bdi class="mention mine">@Ada</bdi> and <bdi class="mention">@Bob</bdi>. not @eve</p>',
  )
})

test('in code a name is code', () => {
  assert.equal(shown(prose('`@ada`', find)), '<p><code>@ada</code></p>')
})

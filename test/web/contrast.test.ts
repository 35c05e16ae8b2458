import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (file: string): string => readFileSync(new URL(`../../src/web/${file}`, import.meta.url), 'utf8')
const tokens = read('styles/tokens.css')

type Mode = 'light' | 'dark' | 'light, more contrast' | 'dark, more contrast'
const modes: readonly Mode[] = ['light', 'dark', 'light, more contrast', 'dark, more contrast']

/** The value of every token in one mode. */
function palette(css: string, mode: Mode): Map<string, string> {
  const [plain = '', more = ''] = css.split('@media (prefers-contrast: more)')
  const values = new Map<string, string>()
  for (const part of mode.includes('more') ? [plain, more] : [plain]) {
    for (const [, name = '', light = '', dark = ''] of part.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)) {
      values.set(name, mode.startsWith('light') ? light : dark)
    }
    for (const [, name = '', value = ''] of part.matchAll(/--([\w-]+): (#\w+);/g)) values.set(name, value)
  }
  return values
}

/** WCAG 2.2, “relative luminance”. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function ratio(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

const grounds = ['canvas', 'rail', 'raised', 'hover', 'selected', 'mention']
const text: [string, string[]][] = [
  ['text', grounds],
  ['muted', grounds],
  ['link', ['canvas', 'rail', 'raised', 'hover', 'mention']],
  ['danger', ['canvas', 'raised', 'hover']],
  ['ok', ['canvas', 'raised', 'hover']],
  ['warn', ['warn-ground']],
  ['on-action', ['action']],
  ['on-danger', ['danger']],
  ['on-signal', ['signal']],
]
const controls: [string, string[]][] = [
  ['control', ['canvas', 'rail', 'raised']],
  ['link', grounds],
  ['new-line', ['canvas', 'raised']],
  ['ok', ['rail']],
  ['danger', ['rail']],
  ['new-line', ['rail']],
]

function check(mode: Mode, pairs: [string, string[]][], least: number): void {
  const values = palette(tokens, mode)
  for (const [front, backs] of pairs) {
    for (const back of backs) {
      const found = ratio(values.get(front) ?? '', values.get(back) ?? '')
      assert.ok(found >= least, `${front} on ${back}, ${mode}: ${found.toFixed(2)} < ${least}`)
    }
  }
}

test('the formula gives 21 for black on white', () => {
  assert.equal(ratio('#000000', '#ffffff'), 21)
})

for (const mode of modes) {
  const more = mode.includes('more')
  test(`every text can be read on every ground it stands on: ${mode}`, () => check(mode, text, more ? 7 : 4.5))
  test(`controls, focus and marks stand out from their ground: ${mode}`, () => check(mode, controls, 3))
}

test('initials can be read on every face', () => {
  check(
    'light',
    Array.from({ length: 8 }, (_, face) => ['on-face', [`face-${face}`]]),
    6.3,
  )
})

test('the pages before the app have the colours of the app', () => {
  for (const mode of modes) {
    const app = palette(tokens, mode)
    const entry = palette(read('entry.css'), mode)
    assert.ok(entry.size > 10)
    for (const [name, value] of entry) assert.equal(value, app.get(name), `${name}, ${mode}`)
  }
})

test('no colour has a value outside the tokens', () => {
  const files = readdirSync(new URL('../../src/web/styles', import.meta.url)).filter((file) => file !== 'tokens.css')
  assert.ok(files.length > 8)
  for (const file of files) {
    assert.doesNotMatch(read(`styles/${file}`), /#[0-9a-f]{3,8}\b/i, file)
  }
})

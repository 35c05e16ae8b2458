import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodesOf, sources } from '../support/source.ts'
import { isPlainlyLinear } from './pattern-shape.ts'

interface Pattern {
  file: string
  written: string
  pattern: string
  flags: string
}
const patterns: Pattern[] = sources('src/**/*.{ts,tsx,js,cjs}')
  .filter(({ file }) => !file.startsWith('src/bench/'))
  .flatMap(({ file, tree }) =>
    [...nodesOf(tree)].flatMap(({ type, regex }) => {
      if (type !== 'Literal' || typeof regex !== 'object' || regex === null) return []
      const { pattern, flags } = regex as { pattern: string; flags: string }
      return [{ file, written: `/${pattern}/${flags}`, pattern, flags }]
    }),
  )

/** Those whose shape alone does not show it, and why they are linear, or what keeps their text short. */
const reasons: Record<string, string[]> = {
  'Parts that have no character in common follow one another from the beginning: each character belongs to one of them.': [
    String.raw`/^[ \t]*([!#$%&'*+\-.^_${'`'}|~0-9A-Za-z]+)[ \t]*$/`,
    String.raw`/^Bearer +([\w.~+/=-]+) *$/i`,
    String.raw`/^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i`,
    String.raw`/^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i`,
    String.raw`/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i`,
    String.raw`/^[\w-]+\.[\w-]+\.[\w-]+$/`,
    String.raw`/^v\d+\.\d+\.\d+/`,
    String.raw`/^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/`,
    String.raw`/^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])){13}/m`,
    String.raw`/^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/`,
  ],
  'Each dot is tried as the last one, and the look ahead ends at the next dot.': [
    String.raw`/^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]+\.[^/?#.]{2,})(?:[/?#]|$)/iu`,
  ],
  'It can begin only at a word of its own, and stops where the next one begins.': [
    String.raw`/parley_pat_[\w-]+|\bbearer\s+[\w.~+/-]+=*|__Host-Http-parley=[^;\s"\\]+/gi`,
    String.raw`/(?<![\w-])[\w-]+(?:\.[\w-]*){2,}/g`,
    String.raw`/(@[\p{L}\p{N}_.-]+)/u`,
    '/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g',
    String.raw`/(?:^|, )(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g`,
    String.raw`/"resealed":(\d+)\}$/`,
  ],
  'Its text is one name, one hash, one time or one address of our own making or of the operator’s: at most a few hundred characters.': [
    '/[.-]+$/',
    '/=+$/',
    String.raw`/[-:]|\..*$/g`,
    String.raw`/:\/\/[^/]*@/`,
    String.raw`/^[\d.]+$|:/`,
    String.raw`/set (\w+ = on)/`,
  ],
  'Its text is a page that we built ourselves.': [String.raw`/<title>[^<]*<\/title>/`, '/<meta name="application-name"[^>]*>/'],
  'Its text comes from the kernel, from the operator’s own command line, or is the beginning of an answer to the operator’s own question.':
    [
      String.raw`/^Max open files +\S+ +(\S+)/m`,
      String.raw`/^Max open files\s+(\d+)/m`,
      "/^(error: unknown option '[^'=]*)=.*?'$/gms",
      String.raw`/^(error: too many arguments.*? but got \d+):.*$/gms`,
      String.raw`/<h1>50[234] [A-Z][^<]*<\/h1>\nNo server is available|<html><body><h1>\d{3} /`,
    ],
}

test('no pattern can be made to take long by what it is given (HTTP-04)', () => {
  assert.ok(patterns.length > 80)
  const explained = new Set(Object.values(reasons).flat())
  const loose = patterns.filter(({ pattern, flags }) => !isPlainlyLinear(pattern, flags))
  assert.deepEqual(
    loose.filter(({ written }) => !explained.has(written)).map(({ file, written }) => `${file}: ${written}`),
    [],
    'say why it is linear, or write it as a loop',
  )
  const used = new Set(loose.map(({ written }) => written))
  assert.deepEqual(
    [...explained].filter((written) => !used.has(written)),
    [],
    'and no reason is left over',
  )
})

test('no pattern is put together while running, but one of our own words (HTTP-04)', () => {
  const made = sources('src/**/*.{ts,tsx,js,cjs}').flatMap(({ file, tree }) =>
    [...nodesOf(tree)].flatMap(({ type, callee }) =>
      type === 'NewExpression' && (callee as { name?: string }).name === 'RegExp' ? [file] : [],
    ),
  )
  assert.deepEqual(
    made.filter((file) => !file.startsWith('src/bench/')),
    ['src/config/kinds.ts'],
  )
})

test('routes are words, and single parts of a path: no pattern of anybody’s (HTTP-04)', () => {
  const paths = sources('src/http/**/*.ts').flatMap(({ tree }) =>
    [...nodesOf(tree)].flatMap(({ type, key, value }) => {
      const isPath = type === 'Property' && (key as { name?: string }).name === 'path'
      const path = (value as { value?: unknown } | undefined)?.value
      return isPath && typeof path === 'string' ? [path] : []
    }),
  )
  assert.ok(paths.length > 15)
  for (const path of paths) assert.match(path, /^(?:\/(?:[a-z-]+|:[a-z]+))*\/?$/)
})

test('what is known to be slow is noticed: these tests can fail', () => {
  for (const slow of ['(a+)+$', '(a|aa)+$', '(?:a*)*b', '^(\\w+\\s?)*$', 'a*b', '\\s+$', '^a*a*$', '^(a|b*)*c', '.*x.*y'])
    assert.equal(isPlainlyLinear(slow, ''), false, slow)
  for (const plain of ['^a+$', 'a', '\\s+', '^[^a]*b$', 'x{3}', '^(?:a|b)+$', '^\\(a+\\)$', '[+*]', '\\+\\*'])
    assert.equal(isPlainlyLinear(plain, ''), true, plain)
})

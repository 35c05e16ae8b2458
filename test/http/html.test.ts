import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserLabel } from '../../src/http/browser-label.ts'
import { inWords } from '../../src/http/pages/duration.ts'
import { html } from '../../src/http/pages/html.ts'
import { safeNext } from '../../src/http/pages/login.ts'

for (const next of [
  '//eve.example',
  'https://eve.example',
  '/\\eve.example',
  '/r/../../x',
  '/login',
  '/r/x?y',
  '/r/x#y',
  '\t//eve',
  '/%2f/eve',
  'javascript:alert(1)',
  '/r/x\r\nSet-Cookie: a=b',
  ['/r/x'],
  undefined,
]) {
  test(`nobody is sent to ${JSON.stringify(next)}`, () => assert.equal(safeNext(next), '/'))
}

for (const next of ['/', '/logins', '/r/abc', '/r/abc_-9/12']) {
  test(`one may go on to ${next}`, () => assert.equal(safeNext(next), next))
}

test('whatever is put into a page is text', () => {
  assert.equal(
    html`<p title="${`"'<>&`}">${'<script>'}${undefined}${false}${[html`<b>${1}</b>`, '<i>']}</p>`.text,
    '<p title="&quot;&#39;&lt;&gt;&amp;">&lt;script&gt;<b>1</b>&lt;i&gt;</p>',
  )
})

test('times are said in the unit that people would take', () => {
  assert.deepEqual([1, 999, 1_000, 61_000, 12 * 3_600_000, 7 * 86_400_000].map(inWords), [
    '1 second',
    '1 second',
    '1 second',
    '2 minutes',
    '12 hours',
    '7 days',
  ])
})

test('a browser is called what its owner calls it, and nothing that it made up', () => {
  const linux = 'Mozilla/5.0 (X11; Linux x86_64)'
  const known: [string | undefined, string][] = [
    [`${linux.replace(')', '; rv:140.0)')} Gecko/20100101 Firefox/140.0`, 'Firefox on Linux'],
    [`${linux} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`, 'Chrome on Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0', 'Edge on Windows'],
    ['<script>alert(1)</script>', 'Unknown browser'],
    ['curl/8.0', 'Unknown browser'],
    [undefined, 'Unknown browser'],
  ]
  for (const [given, label] of known) assert.equal(browserLabel(given), label)
})

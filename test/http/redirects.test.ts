import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { safeNext } from '../../src/http/pages/login.ts'
import { type House, openHouse, password } from './house.ts'

let house: House
before(async () => {
  house = await openHouse()
  await house.accounts.add({ name: 'ada', password, role: 'member' })
})
after(() => house.close())

/** Addresses that some browser or other takes for one of another server, or for a script. */
const elsewhere = [
  ...[
    'https://evil.example',
    'http://evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
  ],
  ...[
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    ' //evil.example',
    '/%09/evil.example',
    '/%2f/evil.example',
    '/%5cevil.example',
  ],
  ...[
    '/.evil.example',
    '@evil.example',
    '/@evil.example',
    ':@evil.example',
    'https:evil.example',
    'https:/evil.example',
    'hTTps://evil.example',
  ],
  ...[
    '/r/../../evil.example',
    '/r/a/../..//evil.example',
    '/r/a%2f..%2f..',
    '/r//evil.example',
    '/r/a//evil.example',
    '/logins//evil.example',
  ],
  ...['/logins@evil.example', '/logins.evil.example', '/logins?x=//evil.example', '/logins#//evil.example', '/r/a?next=//evil.example'],
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:x',
    'about:blank',
  ],
  ...['/logout', '/api/v1/session', '/setup', '/invite/x', '/assets/x', '/ws', '/login', '/livez'],
  ...[
    '/\u2044evil.example',
    '/\uff0fevil.example',
    '/r/\u202eevil',
    '/r/a\r\nLocation: https://evil.example',
    '/r/a\0',
    `/r/${'a'.repeat(65)}`,
    '',
    '.',
    '..',
  ],
]

test(`${elsewhere.length} addresses that lead elsewhere lead to the start (WEB-12)`, async () => {
  for (const [n, address] of elsewhere.entries()) {
    assert.equal(safeNext(address), '/', address)
    const ada = house.visitor()
    const page = await ada.get(`/login?next=${encodeURIComponent(address)}`)
    assert.match(page.text, /name="next" value="\/"/, address)
    if (n % 8 > 0) continue // a sign-in costs a password's worth of work
    const { status, headers } = await ada.post('/login', new URLSearchParams({ name: 'ada', password, next: address }).toString())
    assert.deepEqual([status, headers.location], [303, '/'], address)
  }
})

test('a list, or nothing at all, leads to the start as well; a page of the app leads to itself (WEB-12)', async () => {
  for (const given of [undefined, null, 7, ['/logins'], {}]) assert.equal(safeNext(given), '/')
  for (const page of ['/', '/logins', '/r/abc', '/r/abc/7']) assert.equal(safeNext(page), page)
  const twice = await house.visitor().get('/login?next=/logins&next=//evil.example')
  assert.match(twice.text, /name="next" value="\/"/)
})

test('no path of our own is sent on to another server (WEB-12)', async () => {
  for (const path of [
    '//evil.example',
    '//evil.example/',
    '/\\evil.example',
    '//evil.example/%2e%2e',
    '///evil.example/..',
    '/r//evil.example',
    '/.//evil.example',
  ]) {
    const { status, headers } = await house.visitor().get(path)
    const { location } = headers
    assert.ok(location === undefined || /^\/(?![/\\])/.test(String(location)), `${path}: ${status} ${location}`)
  }
})

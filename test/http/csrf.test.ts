import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type House, openHouse, password } from './house.ts'
import type { Visitor } from './visitor.ts'

let house: House
let ada: Visitor
before(async () => {
  house = await openHouse()
  ada = await house.guest('ada')
})
after(() => house.close())

const sites = ['same-origin', 'same-site', 'cross-site', 'none', 'nonsense', undefined] as const
const origins = (): [string, string | undefined][] => [
  ['ours', house.origin],
  ['eve’s', 'https://eve.example'],
  ['another port', 'https://localhost:1'],
  ['another scheme', house.origin.replace('https', 'http')],
  ['null', 'null'],
  ['none', undefined],
]
/** What the rule says, written down once more in its own words. */
const mayAsk = (site: string | undefined, origin: string): boolean =>
  site === undefined ? origin === 'ours' : site === 'same-origin' && (origin === 'ours' || origin === 'none')

const changes = [
  ['POST', '/api/v1/ticket'],
  ['POST', '/api/v1/token'],
  ['DELETE', '/api/v1/logins'],
  ['POST', '/api/v1/rooms/nothing/messages'],
] as const
for (const [method, path] of changes) {
  test(`${method} ${path} with a cookie: only from our page, and only with its token (WEB-01)`, async () => {
    const passed: string[] = []
    const another = (await house.guest('bob')).csrf
    for (const site of sites) {
      for (const [from, origin] of origins()) {
        for (const token of [ada.csrf, undefined, '', 'x'.repeat(ada.csrf.length), `${ada.csrf}x`, another]) {
          const headers = { 'sec-fetch-site': site, origin, 'x-parley-csrf': token }
          const { status, json } = await ada.ask(path, { method, headers })
          const refused = status === 403 && json.code === 'forbidden'
          assert.equal(!refused, mayAsk(site, from) && token === ada.csrf, `${site} ${from} ${token === ada.csrf}: ${status}`)
          if (!refused) passed.push(`${site} ${from}`)
        }
      }
    }
    assert.deepEqual(passed, ['same-origin ours', 'same-origin none', 'undefined ours'])
  })
}

test('signing in: only from our page, which has no token yet (AUT-12)', async () => {
  for (const site of sites) {
    for (const [from, origin] of origins()) {
      const nobody = house.visitor()
      const headers = { 'sec-fetch-site': site, origin }
      const api = await nobody.post('/api/v1/login', { name: 'ada', password }, headers)
      assert.equal(api.status, mayAsk(site, from) ? 200 : 403, `${site} ${from}`)
      const form = await house.visitor().post('/login', `name=ada&password=${encodeURIComponent(password)}`, headers)
      assert.equal(form.status, mayAsk(site, from) ? 303 : 403, `form ${site} ${from}`)
      if (!mayAsk(site, from)) assert.equal(form.headers['set-cookie'], undefined)
    }
  }
})

test('set-up, an invitation and a form of sign-out are no less guarded (AUT-12, WEB-01)', async () => {
  const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://eve.example' }
  for (const path of ['/setup', '/invite/x', '/logout', '/api/v1/setup', '/api/v1/invites/x']) {
    const body = path.startsWith('/api') ? {} : 'a=b'
    assert.equal((await ada.post(path, body, foreign)).status, 403, path)
  }
  assert.equal((await ada.post('/logout', 'csrf=wrong')).status, 403)
  assert.equal((await ada.get('/api/v1/session')).status, 200)
})

test('looking is allowed from anywhere, and changes nothing', async () => {
  for (const path of ['/api/v1/session', '/api/v1/rooms', '/api/v1/logins']) {
    assert.equal((await ada.get(path, { 'sec-fetch-site': 'cross-site', origin: 'https://eve.example' })).status, 200, path)
  }
})

test('no answer lets another page read it (WEB-06)', async () => {
  for (const path of ['/', '/login', '/api/v1/session', '/nothing']) {
    for (const origin of ['https://eve.example', 'null', house.origin]) {
      const { headers } = await ada.get(path, { origin })
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control-')),
        [],
        path,
      )
    }
    const preflight = await ada.ask(path, {
      method: 'OPTIONS',
      headers: { origin: 'https://eve.example', 'access-control-request-method': 'POST' },
    })
    assert.ok(preflight.status >= 400)
  }
})

test('the log has each of them once, as what it is (LOG-01)', async () => {
  house.lines.length = 0
  await ada.post('/api/v1/ticket', undefined, { 'sec-fetch-site': 'cross-site' })
  assert.deepEqual(
    house.events().map(({ event, code, route }) => [event, code, route]),
    [['malicious_csrf', 'forbidden', '/api/v1/ticket']],
  )
})

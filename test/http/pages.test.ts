import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { type House, openHouse, password } from './house.ts'

let house: House
beforeEach(async () => {
  house = await openHouse({ perAccount: 8 })
})
afterEach(() => house.close())

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()

test('nobody without a login sees the app; after signing in one is where one wanted to go', async () => {
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const ada = house.visitor()
  const away = await ada.get('/r/abc/7')
  assert.deepEqual([away.status, away.headers.location], [303, '/login?next=%2Fr%2Fabc%2F7'])
  const page = await ada.get(String(away.headers.location))
  assert.match(page.text, /<form method="post" action="\/login">/)
  assert.match(page.text, /name="next" value="\/r\/abc\/7"/)
  assert.match(page.text, /wss · TLS 1\.3 · idle sign-ins end after 12 hours/)
  const entered = await ada.post('/login', form({ name: 'ada', password, next: '/r/abc/7' }))
  assert.deepEqual([entered.status, entered.headers.location], [303, '/r/abc/7'])
  assert.match((await ada.get('/r/abc/7')).text, /<div id="page">/)
  assert.equal((await ada.get('/login')).status, 303)
})

test('the name that the operator gave heads every page, as text', async () => {
  const changed = await openHouse({ settings: { name: 'Keepers & <b>Co</b>' } })
  try {
    await changed.accounts.add({ name: 'root', role: 'admin' })
    const [heading, title] = [
      /<h1 dir="auto">Keepers &amp; &lt;b&gt;Co&lt;\/b&gt;<\/h1>/,
      /<title>(.*) – Keepers &amp; &lt;b&gt;Co&lt;\/b&gt;<\/title>/,
    ]
    for (const [path, what] of [
      ['/login', 'Sign in'],
      ['/setup', 'Set up this server'],
      ['/invite/none', 'Invitation'],
      ['/nothing', 'Not found'],
    ] as const) {
      const { text } = await changed.visitor().get(path, { accept: 'text/html' })
      assert.match(text, heading, path)
      assert.equal(title.exec(text)?.[1], what)
      assert.ok(text.includes(`<h2>${what}</h2>`), path)
    }
    const app = await (await changed.guest('ada')).get('/')
    assert.match(app.text, /<title>Keepers &amp; &lt;b&gt;Co&lt;\/b&gt;<\/title>/)
    assert.match(app.text, /<meta name="application-name" content="Keepers &amp; &lt;b&gt;Co&lt;\/b&gt;">/)
  } finally {
    await changed.close()
  }
})

test('a wrong password gives the page back, with the name, and says so aloud', async () => {
  const answer = await house.visitor().post('/login', form({ name: '"><img src=x>', password: 'wrong' }))
  assert.equal(answer.status, 401)
  assert.match(answer.text, /<p class="error" role="alert" tabindex="-1" autofocus>/)
  assert.match(answer.text, /value="&quot;&gt;&lt;img src=x&gt;"/)
  assert.ok(!answer.text.includes('wrong'))
  assert.equal(answer.text.match(/autofocus/g)?.length, 1)
})

test('too many tries give the page with the time to wait', async () => {
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const eve = house.visitor()
  for (let i = 0; i < 4; i += 1) assert.equal((await eve.post('/login', form({ name: 'ada', password: `guess ${i}` }))).status, 401)
  const answer = await eve.post('/login', form({ name: 'ada', password }))
  assert.equal(answer.status, 429)
  assert.match(answer.text, /Please wait (\d+ seconds?|1 minute)\./)
  assert.ok(Number(answer.headers['retry-after']) > 0)
  assert.equal(answer.headers['set-cookie'], undefined)
})

test('the first start: the link leads to a form, the form to an admin who is signed in (AUT-08)', async () => {
  assert.match((await house.visitor().get('/login')).text, /href="\/setup"/)
  const link = await house.invites.setup()
  const root = house.visitor()
  const page = await root.get('/setup')
  assert.match(page.text, /<script type="module" src="\/assets\/setup-[\w-]+\.js">/)
  assert.equal((await root.post('/setup', form({ code: 'wrong', name: 'root', password }))).status, 403)
  const short = await root.post('/setup', form({ code: link?.code ?? '', name: 'root', password: 'short' }))
  assert.equal(short.status, 422)
  assert.match(short.text, /at least 15 characters/)
  const done = await root.post('/setup', form({ code: link?.code ?? '', name: 'root', password, display: '' }))
  assert.deepEqual([done.status, done.headers.location], [303, '/'])
  assert.equal((await root.get('/api/v1/session')).json.account.role, 'admin')
  assert.match((await root.get('/setup')).text, /set up already/)
  assert.ok(!(await house.visitor().get('/login')).text.includes('/setup'))
})

test('the API sets up as well, once', async () => {
  const link = await house.invites.setup()
  const race = await Promise.all(['root', 'eve'].map((name) => house.visitor().post('/api/v1/setup', { code: link?.code, name, password })))
  assert.deepEqual(race.map(({ status }) => status).sort(), [200, 403])
})

test('an invitation says from whom and for which room, and its form works without a script', async () => {
  const ada = await house.guest('ada')
  const room = (await ada.post('/api/v1/rooms', { name: '<b>tea</b>', kind: 'private' })).json
  const { url } = (await ada.post('/api/v1/invites', { room: room.id })).json
  const { pathname } = new URL(url)
  const bob = house.visitor()
  const page = await bob.get(pathname)
  assert.match(page.text, /<dd>ada<\/dd>/)
  assert.match(page.text, /<dd>&lt;b&gt;tea&lt;\/b&gt;<\/dd>/)
  assert.match(page.text, /<dd>7 days<\/dd>/)
  const taken = await bob.post(pathname, form({ name: 'ADA', password, display: 'Bob' }))
  assert.equal(taken.status, 409)
  assert.match(taken.text, /value="Bob"/)
  assert.equal((await bob.post(pathname, form({ name: 'bob', password, display: 'Bob' }))).status, 303)
  assert.equal((await bob.get('/api/v1/session')).json.account.display, 'Bob')
  const over = await house.visitor().get(pathname)
  assert.equal(over.status, 404)
  assert.match(over.text, /used, has expired, or was never made/)
})

test('signing out by a form takes the token of the page', async () => {
  const ada = await house.guest('ada')
  assert.ok((await ada.get('/logout')).text.includes(`name="csrf" value="${ada.csrf}"`))
  assert.deepEqual([(await house.visitor().get('/logout')).status, (await ada.post('/logout', form({ csrf: 'x' }))).status], [303, 403])
  const out = await ada.post('/logout', form({ csrf: ada.csrf }), { 'x-parley-csrf': undefined })
  assert.deepEqual([out.status, out.headers.location], [303, '/login'])
  assert.equal((await ada.get('/api/v1/session')).status, 401)
})

test('somebody who looks for nothing gets a page, a program gets a problem', async () => {
  const page = await house.visitor().get('/nothing', { accept: 'text/html,*/*' })
  assert.match(String(page.headers['content-type']), /text\/html/)
  const program = await house.visitor().get('/nothing')
  assert.deepEqual([program.headers['content-type'], program.json.code], ['application/problem+json; charset=utf-8', 'not_found'])
})

test('where anyone may come in, anyone can: by the form and by the API, twenty an hour', async () => {
  const first = house.visitor()
  assert.equal((await first.get('/register')).status, 403)
  house.settings.registration = 'open'
  assert.equal((await first.post('/register', form({ name: 'eve', password }))).status, 403, 'not before there is an admin')
  await house.accounts.add({ name: 'root', role: 'admin' })
  assert.match((await first.get('/login')).text, /href="\/register"/)
  assert.equal((await first.post('/register', form({ name: 'root', password }))).status, 409)
  assert.equal((await first.post('/register', form({ name: 'ada', password }))).status, 303)
  assert.equal((await first.get('/api/v1/session')).json.account.role, 'member')
  const statuses: number[] = []
  for (let i = 0; i < 20; i += 1)
    statuses.push((await house.visitor().post('/api/v1/accounts', { name: `guest${i}`, password, role: 'admin' })).status)
  assert.deepEqual(statuses, [...Array(18).fill(200), 429, 429])
  assert.equal((await house.accounts.find('guest0'))?.role, 'member')
})

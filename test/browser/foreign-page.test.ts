import assert from 'node:assert/strict'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openStage, type Stage } from '../support/browser.ts'
import { fakeClock } from '../support/house.ts'
import { forms, tricksOn } from './tricks.ts'
import { people, until, type Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
/** What the browser sent to eve. */
let cookies = ''
const asset = `/${globSync('assets/index-*.js', { cwd: join(import.meta.dirname, '../../src/web/dist') })[0]}`
before(async () => {
  // No time passes: nothing in the store expires, and whatever changes there was changed by somebody.
  stage = await openStage({ settings: { PARLEY__REGISTRATION: 'open' }, clock: fakeClock() })
  tea = await stage.house.room('tea', await people(stage, 'ada'))
})
afterEach(() => stage.calm())
after(() => stage.close())

/** eve's server: on another port of our host, or on another host. The browser trusts its certificate. */
async function lair(t: TestContext, host: string): Promise<string> {
  const server = createServer(stage.tls, (request, answer) => {
    cookies = request.headers.cookie ?? ''
    answer.setHeader('content-type', 'text/html').end('<!doctype html><title>free cake</title><body>')
  })
  server.listen(0, '127.0.0.1')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return `https://${host}:${(server.address() as AddressInfo).port}`
}

const tables = ['account', 'login', 'room', 'member', 'event', 'reaction', 'invite', 'web_session', 'used_ticket', 'secret'] as const
/** All that the store holds, apart from when somebody was last there. */
async function everything(): Promise<string> {
  const { db } = stage.house.service.house.store
  const all = await Promise.all(tables.map(async (table) => [table, await db.selectFrom(table).selectAll().execute()] as const))
  return JSON.stringify(all, (name, value) => (name === 'last_seen_at' ? undefined : value))
}

/** eve's page, in the browser in which ada is signed in. */
async function lured(ada: Visitor, origin: string): Promise<Page> {
  // All that goes wrong from here on goes wrong for eve.
  stage.expects(/./)
  const page = await ada.page.context().newPage()
  await page.goto(origin)
  return page
}

const wheres: [string, string][] = [
  ['another port of our own host, to which the browser sends every cookie', 'localhost'],
  ['another site', '127.0.0.1'],
]
for (const [where, host] of wheres) {
  test(`a page of ${where} gets nothing and changes nothing, whatever it tries (WSH-03, WEB-01, WEB-06)`, async (t) => {
    const ada = await visitor(stage, 'ada', `/r/${tea}`)
    const secret = `Nobody else’s business, least of all ${host}’s`
    await ada.says(secret)
    const origin = await lair(t, host)
    const page = await lured(ada, origin)
    const before = await everything()
    const tricks = tricksOn(stage.url, { asset, room: tea })
    const names = Object.keys(tricks)
    assert.ok(names.length > 150)
    const all = `Promise.all([${Object.values(tricks).join(',\n')}])`
    const got = await page.evaluate<unknown[]>(all)
    assert.deepEqual(
      got.flatMap((what, at) => (what === 'nothing' ? [] : [`${names[at]}: ${what}`])),
      [],
    )
    for (const [path, enctype, fields] of forms) await submits(page, origin, path, enctype, fields)

    const ofPage = (line: Record<string, unknown>) => line.origin === origin
    const refused = stage.logged('malicious_csrf').filter(ofPage)
    assert.deepEqual(
      refused.map(({ reason, status }) => `${reason} ${status}`),
      Array(4).fill('origin 403'),
      'each socket',
    )
    const routes = new Set(stage.logged('malicious_csrf').map(({ route }) => route))
    for (const [path] of forms) if (host === 'localhost' || !path.startsWith('/api')) assert.ok(routes.has(path), `${path}: ${[...routes]}`)
    assert.equal(/__Host-Http-parley=/.test(cookies), host === 'localhost', 'Origin and ticket are all that stands in the way')
    assert.equal(await everything(), before)
    await ada.page.reload()
    await ada.reads(secret)
  })

  test(`a page of ${where} can neither frame ours nor reach it through a window, and plants no cookie (WEB-10, SES-06)`, async (t) => {
    const ada = await visitor(stage, 'ada', `/r/${tea}`)
    const page = await lured(ada, await lair(t, host))
    for (const path of ['/', '/login', `/r/${tea}`, '/api/v1/session']) {
      await page.evaluate(`new Promise((resolve) => {
        const frame = Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(stage.url + path)}, onload: resolve })
        document.body.append(frame)
      })`)
      await until(`the frame of ${path} is refused`, () => page.frames().at(-1)?.url().startsWith('chrome-error:') ?? false)
    }

    const opening = page.context().waitForEvent('page')
    await page.evaluate(`void (window.ours = window.open(${JSON.stringify(`${stage.url}/r/${tea}`)}))`)
    const opened = await opening
    await opened.locator('.status-dot.live').waitFor({ state: 'attached' })
    assert.equal(await opened.evaluate('window.opener'), null)
    assert.equal(await page.evaluate('window.ours.closed'), true, 'for eve it is as good as closed')
    const reached = await page.evaluate(`(() => { try { return window.ours.document.title } catch { return 'nothing' } })()`)
    assert.ok(reached === 'nothing' || reached === '' || reached === undefined, String(reached))
    await page.evaluate(`window.ours.postMessage('hello', '*'); window.ours.location = 'about:blank'`).catch(() => undefined)
    assert.equal(new URL(opened.url()).origin, stage.url)

    const names = ['__Host-Http-parley', '__host-http-parley', '__Host-Http-parley-device', '__Http-parley']
    for (const name of names) await page.evaluate(`document.cookie = '${name}=evil; Secure; Path=/'`)
    assert.doesNotMatch(await page.evaluate<string>('document.cookie'), /parley/i)
    await ada.page.reload()
    await ada.isIn()
  })
}

test('on eve’s own server most of the same tricks get something: these tests can fail', async (t) => {
  stage.expects(/./)
  const page = await stage.page()
  const origin = await lair(t, 'localhost')
  await page.goto(origin)
  const tricks = Object.values(tricksOn(origin, { asset, room: tea }))
  const got = await page.evaluate<unknown[]>(`Promise.all([${tricks.join(',\n')}])`)
  assert.ok(got.filter((what) => what !== 'nothing').length > tricks.length * 0.8, String(got))
})

/** Sends a form as a page does; what comes back takes the place of eve's page. */
async function submits(page: Page, origin: string, path: string, enctype: string, fields: Record<string, string>): Promise<void> {
  const answer = page.waitForResponse((one) => one.request().method() === 'POST')
  await page.evaluate(`(() => {
    const form = Object.assign(document.createElement('form'), { method: 'post', enctype: '${enctype}', action: ${JSON.stringify(stage.url + path)} })
    for (const [name, value] of ${JSON.stringify(Object.entries(fields))}) form.append(Object.assign(document.createElement('input'), { name, value }))
    document.body.append(form)
    form.submit()
  })()`)
  const status = (await answer).status()
  assert.ok(status === 403 || status === 401, `${path} as ${enctype}: ${status}`)
  await page.waitForURL(stage.url + path)
  await page.goto(origin)
}

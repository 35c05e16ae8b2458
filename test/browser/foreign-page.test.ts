import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openStage, type Stage } from '../support/browser.ts'
import { people, until, type Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
before(async () => {
  stage = await openStage()
  tea = await stage.house.room('tea', await people(stage, 'ada'))
})
afterEach(() => stage.calm())
after(() => stage.close())

const trap: RequestListener = (_, answer) => void answer.setHeader('content-type', 'text/html').end('<title>free cake</title>')

/** eve's page, in the browser in which ada is signed in. */
async function lured(ada: Visitor, origin: string): Promise<Page> {
  const page = await ada.page.context().newPage()
  await page.goto(origin)
  return page
}

const dial = (protocols: string[]) => `new Promise((resolve) => {
  const socket = new WebSocket(${JSON.stringify(stage.url.replace('https', 'wss'))} + '/ws', ${JSON.stringify(protocols)})
  socket.onopen = () => resolve('open')
  socket.onclose = ({ code }) => resolve(code)
})`

const submit = (path: string, fields: Record<string, string>) => `(() => {
  const form = Object.assign(document.createElement('form'), { method: 'post', action: ${JSON.stringify(stage.url + path)} })
  for (const [name, value] of ${JSON.stringify(Object.entries(fields))}) form.append(Object.assign(document.createElement('input'), { name, value }))
  document.body.append(form)
  form.submit()
})()`

/** Every way in that a page has which is not ours. @param site how the browser calls the distance between the two */
async function tries(ada: Visitor, origin: string): Promise<void> {
  stage.expects(/WebSocket connection to/, /status of 403/, /CORS policy/, /ERR_FAILED/, /ERR_BLOCKED_BY_RESPONSE/)
  const logged = () => stage.logged('ws_refused').filter((line) => line.reason === 'origin' && line.origin === origin)
  const page = await lured(ada, origin)
  assert.equal(await page.evaluate(dial(['parley.v1'])), 1006)
  assert.equal(await page.evaluate(dial(['parley.v1', 'parley.ticket.abc'])), 1006)
  assert.equal(logged().length, 2)
  assert.deepEqual([...new Set(logged().map(({ status }) => status))], [403])

  const before = stage.logged('malicious_csrf').length
  const ticket = `fetch(${JSON.stringify(`${stage.url}/api/v1/ticket`)}, { method: 'POST', credentials: 'include', mode: 'no-cors' })`
  const session = `fetch(${JSON.stringify(`${stage.url}/api/v1/session`)}, { credentials: 'include' })`
  for (const call of [ticket, session]) assert.equal(await page.evaluate(`${call}.then(() => 'readable', () => 'nothing')`), 'nothing')
  for (const [path, fields] of [
    ['/logout', { csrf: 'guess' }],
    ['/login', { name: 'eve', password: 'whatever it may be' }],
  ] as const) {
    const answer = page.waitForResponse((one) => one.request().method() === 'POST')
    await page.evaluate(submit(path, fields))
    assert.equal((await answer).status(), 403)
    await page.waitForURL(stage.url + path)
    await page.goto(origin)
  }
  const refused = () =>
    stage
      .logged('malicious_csrf')
      .slice(before)
      .map(({ route }) => route)
  await until('both refusals are in the log', () => refused().includes('/logout') && refused().includes('/login'))
  await ada.page.reload()
  await ada.isIn()
}

test('a page of another site, opened by ada, can neither open the socket nor send a form in her name', async (t) => {
  const server = createServer(trap).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await tries(ada, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

test('nor can a page of the same site on another port, to which the browser gives the cookie', async (t) => {
  let cookie: string | undefined
  const listener: RequestListener = (request, answer) => {
    cookie = request.headers.cookie
    trap(request, answer)
  }
  const server = createTlsServer(stage.tls, listener).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await tries(ada, `https://localhost:${(server.address() as AddressInfo).port}`)
  assert.match(cookie ?? '', /__Host-Http-parley=/, 'Origin and ticket are all that stands in the way')
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { password, people, signIn, until, Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
before(async () => {
  stage = await openStage()
  tea = await stage.house.room('tea', await people(stage, 'ada'))
})
after(() => stage.close())

test('the page asks nobody but its own server, and keeps no secret where a script could read it (WEB-08, WEB-09)', async () => {
  const page = await stage.page()
  const asked = new Set<string>()
  page.on('request', (request) => asked.add(new URL(request.url()).origin))
  page.on('websocket', (socket) => asked.add(new URL(socket.url()).origin.replace('wss', 'https')))
  await page.goto('/login')
  await signIn(page, 'ada')
  const ada = new Visitor(page)
  await ada.opens('tea')
  await ada.composer.fill('See [this](https://elsewhere.example/x) and ![that](https://elsewhere.example/y.png)')
  await ada.composer.press('Enter')
  await ada.message('See this').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  assert.deepEqual(
    [...asked].filter((origin) => origin !== 'null'),
    [stage.url],
  )

  const kept = await page.evaluate<string>('document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)')
  const cookies = await page.context().cookies()
  const cookie = cookies.find(({ name }) => name === '__Host-Http-parley')
  assert.deepEqual(
    [cookie?.httpOnly, cookie?.secure, cookie?.sameSite, cookie?.path, cookie?.domain],
    [true, true, 'Lax', '/', 'localhost'],
  )
  assert.ok(!kept.includes(cookie?.value ?? '') && !kept.includes(password) && !/ey[\w-]+\./.test(kept), kept)
  await stage.calm()
})

test('a script that got into the page does not run, and the server hears of it (WEB-03)', async () => {
  const page = await stage.page()
  const answer = await page.goto('/login')
  const given = { status: 200, headers: answer?.headers() ?? {}, body: await answer?.text() }
  const added = '<script>window.ran = true</script><img src="/nothing.png" onerror="window.ran = true">'
  await page.route('**/login', (route) => route.fulfill({ ...given, body: given.body + added }))
  const stopped = page.waitForEvent('console', (said) => said.text().includes('securitypolicyviolation script-src-elem inline'))
  await page.goto('/login')
  await stopped
  assert.equal(await page.evaluate('window.ran'), undefined)
  await until('the report is in the log', () => stage.logged('csp_violation').length > 0)
})

test('no text becomes markup: what would make it so throws (WEB-04)', async () => {
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  const sinks = [
    'document.body.innerHTML = \'<img src=x onerror="window.ran = true">\'',
    "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
    "Object.assign(document.createElement('script'), { text: 'window.ran = true' })",
    "document.createElement('iframe').srcdoc = '<script>parent.ran = true</script>'",
    "document.write('<script>window.ran = true</script>')",
    "trustedTypes.createPolicy('mine', {})",
  ]
  for (const sink of sinks) {
    const outcome = await ada.page.evaluate(`(() => { try { ${sink}; return 'done' } catch { return 'thrown' } })()`)
    assert.equal(outcome, 'thrown', sink)
  }
  assert.equal(await ada.page.evaluate('window.ran'), undefined)
})

test('no page can be put into a frame (WEB-10)', async () => {
  const page = await stage.page()
  const body = `<iframe src="${stage.url}/login"></iframe>`
  await page.route('**/frame', (route) => route.fulfill({ contentType: 'text/html', body }))
  await page.goto('/frame')
  await until('the frame is refused', () => page.frames().some((frame) => frame.url().startsWith('chrome-error:')))
})

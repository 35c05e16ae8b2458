import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { password, people, signIn, until, Visitor, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage({ settings: { PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '100' } })
})
afterEach(() => stage.calm())
after(() => stage.close())

test('the set-up link makes ada the first administrator, and is dead afterwards', async () => {
  const made = await stage.house.service.house.invites.setup()
  const link = `/setup#${made?.code}`
  const page = await stage.page()
  await page.goto(link)
  assert.equal(await page.getByLabel('Code from the set-up link').inputValue(), made?.code)
  assert.equal(await page.getByLabel('Code from the set-up link').isVisible(), false, 'what is known is not asked for')
  assert.equal(await page.evaluate('location.hash'), '', 'the code does not stay in the address bar')
  await page.getByLabel('Name', { exact: true }).fill('ada')
  await page.getByLabel('What others see').fill('Ada')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Make the first account' }).click()
  await new Visitor(page).isIn()
  await page.getByText('You are in no room yet.').waitFor()
  assert.equal((await stage.house.service.house.accounts.find('ada'))?.role, 'admin')

  const late = await stage.page()
  await late.goto(link)
  await late.getByText('This server is set up already.').waitFor()
  assert.equal(await late.getByRole('textbox').count(), 0)
})

test('ada signs in, goes where she wanted to go, and signs out', async () => {
  const [ada] = await people(stage, 'ada')
  const tea = await stage.house.room('tea', [ada])
  const here = new Visitor(await stage.page())
  await here.page.goto(`/r/${tea}`)
  await signIn(here.page, 'ada')
  await here.isIn()
  assert.equal(new URL(here.page.url()).pathname, `/r/${tea}`)
  await here.page.getByRole('button', { name: 'Ada: settings and sign out' }).click()
  await here.page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await here.page.waitForURL('**/login')
  await here.page.goto('/')
  await here.page.waitForURL('**/login')
})

test('ada signs in and out without scripts (WEB-13)', async () => {
  await people(stage, 'ada')
  const page = await stage.page({ javaScriptEnabled: false })
  await page.goto('/login')
  const answer = page.waitForResponse((one) => one.request().method() === 'POST')
  await signIn(page, 'ada')
  assert.deepEqual([(await answer).status(), (await answer).headers().location], [303, '/'])
  await page.waitForURL(`${stage.url}/`)
  assert.match(await page.content(), /<noscript>Parley needs scripts to show messages\./)
  await page.getByRole('link', { name: 'signing out' }).click()
  await page.getByText('You are signed in as Ada.').waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL('**/login')
  await page.goto('/logout')
  await page.waitForURL('**/login')
})

test('every page of the app, wide or narrow, has a way to sign out, by mouse and by key (WEB-13)', async () => {
  const [ada] = await people(stage, 'ada')
  const room = await stage.house.room('porch', [ada])
  const { page } = await visitor(stage, 'ada')
  for (const [width, path] of [
    [1280, '/'],
    [1280, `/r/${room}`],
    [1280, '/logins'],
    [360, '/'],
  ] as const) {
    await page.setViewportSize({ width, height: 700 })
    await page.goto(path)
    await new Visitor(page).isIn()
    // In a room the composer takes the focus when it is drawn.
    if (path.startsWith('/r/')) await page.locator('textarea:focus').waitFor()
    await page.getByRole('button', { name: 'Ada: settings and sign out' }).press('Enter')
    await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor()
    await page.keyboard.press('Escape')
  }
})

test('a password can be pasted, and a password manager knows which field is which (WEB-11)', async () => {
  await people(stage, 'ada')
  const page = await stage.page()
  await page.goto('/login')
  const field = (kind: string) => page.locator(`form input[autocomplete="${kind}"]`)
  await field('username').fill(password)
  await field('username').press('Control+a')
  await field('username').press('Control+x')
  await field('current-password').press('Control+v')
  await until('it is pasted', async () => (await field('current-password').inputValue()) === password)
  await field('username').fill('ada')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await new Visitor(page).isIn()
})

test('a wrong password and an unknown name get the same words; the name stays and the error has the focus', async () => {
  stage.expects(/status of 401/)
  await people(stage, 'ada')
  const page = await stage.page()
  await page.goto('/login')
  const said: string[] = []
  for (const name of ['ada', 'nobody']) {
    await signIn(page, name, 'not the right one')
    // On the page before, which may say the same, the button has the focus.
    await page.locator('[role="alert"]:focus').waitFor()
    said.push((await page.getByRole('alert').textContent()) ?? '')
    assert.equal(await page.getByLabel('Name').inputValue(), name)
    assert.equal(await page.getByLabel('Password').inputValue(), '')
  }
  assert.match(said[0] ?? '', /do not belong together/)
  assert.equal(said[0], said[1])
})

test('ada invites by a link, bob makes an account and lands in the room', async () => {
  const [person] = await people(stage, 'ada')
  await stage.house.room('harbour', [person])
  const ada = await visitor(stage, 'ada')
  await ada.opens('harbour')
  await ada.page.getByRole('button', { name: 'Members' }).click()
  await ada.page.getByRole('button', { name: 'Invite by link' }).click()
  await ada.page.getByRole('button', { name: 'Make a link' }).click()
  const link = (await ada.page.getByRole('dialog').getByRole('code').textContent()) ?? ''
  await ada.page.getByRole('button', { name: 'Copy' }).click()
  await ada.page.getByRole('button', { name: 'Copied' }).waitFor()

  const page = await stage.page()
  await page.goto(link)
  await page.getByText('harbour').waitFor()
  await page.getByText('Ada', { exact: true }).waitFor()
  await page.getByLabel('Name', { exact: true }).fill('bob')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Make my account' }).click()
  const bob = new Visitor(page)
  await bob.isIn()
  await bob.page.getByRole('heading', { level: 1, name: 'harbour' }).waitFor()
  await bob.says('I am here')
  await ada.page.keyboard.press('Escape')
  await ada.reads('I am here')

  const eve = await stage.page()
  stage.expects(/status of 404/)
  await eve.goto(link)
  await eve.getByText('This invitation has been used').waitFor()
})

test('a browser that was not told to trust the certificate shows nothing', async () => {
  const stranger = await stage.stranger()
  await assert.rejects(stranger.goto(stage.url), /ERR_CERT_AUTHORITY_INVALID/)
})

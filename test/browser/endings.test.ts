import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { password, people, signIn, until, Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
before(async () => {
  stage = await openStage()
  tea = await stage.house.room('tea', await people(stage, 'ada', 'bob'))
})
afterEach(() => stage.calm())
after(() => stage.close())

test('ada ends the login of her other window: it hides everything, says why, and goes on where it was once she signs in', async () => {
  stage.expects(/status of 401/)
  const [there, here] = [await visitor(stage, 'ada', `/r/${tea}`), await visitor(stage, 'ada', '/logins')]
  await there.says('A secret for the room')
  await there.composer.fill('half a thought')
  await here.page.getByRole('button', { name: /^End Chrome/ }).click()
  await here.page.getByText('1 login ended, 1 connection closed.').first().waitFor()

  const dialog = there.page.getByRole('dialog', { name: 'Sign in to go on' })
  await dialog.getByRole('alert').waitFor()
  assert.notEqual(await dialog.getByRole('alert').textContent(), '')
  assert.doesNotMatch(await there.page.content(), /A secret for the room/)
  await until('the title tells nothing', async () => (await there.page.title()) === 'Parley')

  const bob = await visitor(stage, 'bob', `/r/${tea}`)
  await bob.says('Said meanwhile')
  await dialog.getByLabel('Password', { exact: true }).fill(password)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await there.reads('A secret for the room')
  await there.reads('Said meanwhile')
  await there.holds('half a thought')
  await there.composer.press('Enter')
  await bob.reads('half a thought')
})

test('signing out in one tab signs out the other; going back shows no message; signing in again heals both (WEB-08)', async () => {
  stage.expects(/status of 401/)
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.says('Before I go')
  const second = await ada.page.context().newPage()
  await second.goto(`/r/${tea}`)
  const other = new Visitor(second)
  await other.reads('Before I go')

  // The page that she signs out on is no page to go back to; the one before is.
  await ada.page.goto('/logins')
  await ada.page.getByRole('button', { name: 'Ada: settings and sign out' }).click()
  await ada.page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await ada.page.waitForURL('**/login')
  await second.getByRole('dialog', { name: 'Sign in to go on' }).getByRole('alert').waitFor()
  assert.doesNotMatch(await second.content(), /Before I go/)

  await ada.page.goBack()
  await ada.page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.doesNotMatch(await ada.page.content(), /Before I go/)
  await until('nothing is kept', async () => (await ada.page.evaluate<number>('localStorage.length')) === 0)

  await signIn(ada.page, 'ada')
  await other.reads('Before I go')
})

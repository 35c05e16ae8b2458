import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { isSound } from './axe.ts'
import { people, type Visitor, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage()
})
afterEach(() => stage.calm())
after(() => stage.close())

const opens = async ({ page }: Visitor, button: string | RegExp): Promise<void> => {
  await page.getByRole('button', { name: button, exact: true }).first().click()
  await isSound(page, `behind ${button}`)
  await page.keyboard.press('Escape')
}

test('the pages before the app are sound', async () => {
  stage.expects(/status of 40[14]/)
  const page = await stage.page()
  await page.goto('/setup')
  await isSound(page, 'the set-up')
  const [ada] = await people(stage, 'ada')
  await page.goto('/login')
  await isSound(page, 'the sign-in')
  await page.getByLabel('Name').fill('ada')
  await page.getByLabel('Password').fill('not the right one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').waitFor()
  await isSound(page, 'the sign-in with an error')
  const room = await stage.house.room('tea', [ada])
  const { code } = await stage.house.service.house.invites.create({ by: ada.account.id, room, uses: 1, expiresAt: Date.now() + 86_400_000 })
  await page.goto(`/invite/${code}`)
  await isSound(page, 'an invitation')
  await page.goto('/invite/nothing')
  await isSound(page, 'an invitation that is over')
  await page.goto('/no-such-page')
  await isSound(page, 'a page that is not there')
})

test('the app is sound: empty, with messages, with every panel', async () => {
  const [ada, bob] = await people(stage, 'ada', 'bob')
  await people(stage, 'ada', 'eve')
  const eve = await visitor(stage, 'eve')
  await isSound(eve.page, 'no room')
  const room = await stage.house.room('porch', [ada, bob])
  const here = await visitor(stage, 'ada', `/r/${room}`)
  await isSound(here.page, 'an empty room')
  const guest = await stage.house.connect(bob)
  const texts = [
    '@ada **bold** and `code`, [a link](https://parley.example) and <b>',
    '```\nlong code\n```',
    '> quoted\n\n1. one\n2. two',
    'short',
  ]
  for (const text of texts) await guest.post(room, text)
  await here.says('And mine')
  const answer = await guest.post(room, 'An answer')
  await guest.ask('react', { room, seq: answer.seq, key: 'a-reaction-of-bob-x', emoji: '👍', on: true })
  await here.message('An answer').getByRole('button', { name: '👍 by Bob' }).waitFor()
  await isSound(here.page, 'messages')
  await here.message('An answer').hover()
  await isSound(here.page, 'the actions of a message')
  for (const panel of [/^Members/, /^Connection/]) await opens(here, panel)
  await here.composer.fill('@')
  await here.page.getByRole('listbox').waitFor()
  await isSound(here.page, 'people to mention')
  await here.composer.fill('')
  await here.page.context().setOffline(true)
  await here.says('A message that waits')
  await isSound(here.page, 'offline')
  await here.page.context().setOffline(false)
  await here.message('A message that waits').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await here.page.goto('/logins')
  await here.page.getByRole('button', { name: 'End all others' }).waitFor()
  await isSound(here.page, 'the list of logins')
})

test('every menu and every dialog is sound', async () => {
  stage.expects(/status of 401/)
  const [ada, bob] = await people(stage, 'ada', 'bob')
  const room = await stage.house.room('attic', [ada, bob])
  const here = await visitor(stage, 'ada', `/r/${room}`)
  const { page } = here
  for (const button of ['New room', 'Browse rooms', 'New direct message', 'Ada: settings and sign out']) await opens(here, button)
  await page.getByRole('button', { name: 'Members' }).click()
  for (const button of ['Add someone', 'Invite by link', 'Remove Bob', 'Leave this room']) await opens(here, button)
  await here.says('Something')
  await here.message('Something').hover()
  await opens(here, 'Remove')
  await here.acts('Something', 'Add a reaction')
  await isSound(page, 'the reactions')
  await page.keyboard.press('Escape')
  await here.composer.fill('A draft')
  await page.getByRole('button', { name: 'Ada: settings and sign out' }).click()
  await opens(here, 'Sign out')
  await stage.house.service.house.logins.end({ account: ada.account.id }, 'ended')
  await page.getByRole('dialog', { name: 'Sign in to go on' }).waitFor()
  await isSound(page, 'a login that has ended')
})

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { openStage } from '../support/browser.ts'
import { length, SceneClock, setTheScene } from './scenery.ts'
import { people, signIn, type Visitor, visitor } from './visitor.ts'

/*
 * Takes a picture of every state of the page, to be looked at: node test/browser/pictures.ts FOLDER
 * The one called `wide-light-connection` is docs/screenshot.png.
 */
const folder = process.argv[2]
if (folder === undefined) throw new Error('node test/browser/pictures.ts FOLDER')
mkdirSync(folder, { recursive: true })

const sizes = { wide: [1280, 800], medium: [1000, 720], phone: [390, 780] } as const
type Size = keyof typeof sizes
const look = (size: Size, colorScheme: 'light' | 'dark' = 'light'): BrowserContextOptions => ({
  viewport: { width: sizes[size][0], height: sizes[size][1] },
  colorScheme,
  timezoneId: 'UTC',
  ...(size === 'phone' && { hasTouch: true, isMobile: true }),
})

const clock = new SceneClock(length + 3)
const settings = { PARLEY__LIMITS__POSTBURST: '1000', PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '1000' }
const stage = await openStage({ clock, settings })
const { invites, logins } = stage.house.service.house

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate('document.fonts.ready')
  await page.waitForTimeout(250) // what fades in has
  await page.screenshot({ path: join(folder as string, `${name}.png`), animations: 'disabled', caret: 'hide' })
}

for (const [size, scheme] of [
  ['wide', 'light'],
  ['phone', 'dark'],
] as const) {
  const page = await stage.page(look(size, scheme))
  await page.goto('/setup#the-code-of-the-link')
  await shoot(page, `setup-${size}-${scheme}`)
}

const rooms = await setTheScene(stage, clock)
const opening = `/r/${rooms.get('opening day')}`
clock.pass(2)
const at = (size: Size, scheme: 'light' | 'dark' = 'light', path = opening): Promise<Visitor> =>
  visitor(stage, 'ada', path, look(size, scheme))
const bob = await visitor(stage, 'bob', opening, look('wide'))
const { code } = await invites.create({
  by: (await stage.house.person('ada')).account.id,
  room: rooms.get('opening day'),
  uses: 1,
  expiresAt: clock.now() + 3 * 86_400_000,
})

for (const [size, scheme] of [
  ['wide', 'light'],
  ['wide', 'dark'],
  ['phone', 'light'],
] as const) {
  stage.expects(/401/)
  const page = await stage.page(look(size, scheme))
  await page.goto('/login')
  await shoot(page, `login-${size}-${scheme}`)
  await page.goto(`/invite/${code}`)
  await shoot(page, `invite-${size}-${scheme}`)
  if (size !== 'wide' || scheme !== 'light') continue
  await page.goto('/login')
  await signIn(page, 'ada', 'not the right one')
  await page.getByRole('alert').waitFor()
  await shoot(page, 'login-wrong')
}

for (const [size, scheme] of [
  ['wide', 'light'],
  ['wide', 'dark'],
  ['medium', 'light'],
  ['phone', 'light'],
  ['phone', 'dark'],
] as const) {
  const ada = await at(size, scheme)
  await ada.reads('They come at 11:30')
  await shoot(ada.page, `${size}-${scheme}`)
  if (size === 'phone') {
    await ada.page.getByRole('link', { name: 'All rooms' }).click()
    await shoot(ada.page, `${size}-${scheme}-rooms`)
    await ada.page.goBack()
  } else {
    await bob.composer.pressSequentially('O')
    await ada.page.getByText('is typing').waitFor()
    await ada.page.getByRole('button', { name: /^Connection/ }).click()
    await ada.page.getByText(/\d ms/).first().waitFor()
    await shoot(ada.page, `${size}-${scheme}-connection`)
  }
  await ada.page.keyboard.press('Escape')
  await ada.page.getByRole('button', { name: 'Members' }).click()
  await shoot(ada.page, `${size}-${scheme}-members`)
  await ada.page.keyboard.press('Escape')
  if (size !== 'phone') await ada.message('bring my sister').hover()
  else await ada.message('bring my sister').tap()
  await shoot(ada.page, `${size}-${scheme}-actions`)
  await ada.page.context().close()
}

const ada = await at('wide')
const phone = await at('phone')
for (const [name, one] of [
  ['wide', ada],
  ['phone', phone],
] as const) {
  const { page } = one
  if (name === 'phone') await page.getByRole('link', { name: 'All rooms' }).click()
  for (const button of ['New room', 'Browse rooms', 'New direct message', 'Ada Brandt: settings and sign out']) {
    await page.getByRole('button', { name: button }).click()
    await shoot(page, `${name}-${button.split(':')[0]?.replaceAll(' ', '-').toLowerCase()}`)
    await page.keyboard.press('Escape')
  }
  if (name === 'phone') await page.goBack()
}
await ada.acts('bring my sister', 'Add a reaction')
await shoot(ada.page, 'reactions')
await ada.page.keyboard.press('Escape')
await ada.composer.fill('@')
await ada.page.getByRole('listbox').waitFor()
await shoot(ada.page, 'mention')
await ada.acts('The weather page', 'Reply')
await ada.composer.fill('Then let us meet at the door at noon,\nand decide there.')
await shoot(ada.page, 'reply')
await ada.composer.press('Escape')

await ada.page.context().setOffline(true)
await phone.page.context().setOffline(true)
await ada.acts('The weather page', 'Reply')
await ada.says('Then we decide at noon.')
await ada.says('I am on the ferry, this goes out in ten minutes.')
await phone.composer.fill('I am on the ferry, this goes out in ten minutes.')
await phone.page.getByRole('button', { name: 'Send' }).click() // Enter is a new line where keys are touched
await shoot(ada.page, 'offline-wide')
await shoot(phone.page, 'offline-phone')
const gone = await stage.house.person('bob')
const page = await stage.house.service.house.messages.history(gone.account.id, rooms.get('opening day') ?? '', { limit: 50 })
const weather = page.events.find((event) => event.kind === 'message' && event.text?.startsWith('The weather'))
await stage.house.service.house.messages.remove(
  { account: gone.account.id, login: gone.login.id },
  { room: rooms.get('opening day') ?? '', key: 'pictures-removes-it', seq: weather?.seq ?? 0 },
)
await ada.page.context().setOffline(false)
await ada.log.getByText(/Not sent/).waitFor()
await shoot(ada.page, 'failed')

const sheet = await at('wide', 'light', '/logins')
await sheet.page.getByText('live connection').first().waitFor()
await shoot(sheet.page, 'logins-wide')
const small = await at('phone', 'dark', '/logins')
await small.page.getByText('live connection').first().waitFor()
await shoot(small.page, 'logins-phone')

await people(stage, 'root', 'newcomer')
const newcomer = await visitor(stage, 'newcomer', '/', look('wide'))
await shoot(newcomer.page, 'empty')
const quiet = await stage.house.room('quiet place', await people(stage, 'newcomer'))
await newcomer.opens('quiet place')
await shoot(newcomer.page, 'empty-room')
await newcomer.page.goto(`/r/${quiet}x`)
await newcomer.page.getByRole('link', { name: 'Back to your rooms' }).waitFor()
await shoot(newcomer.page, 'no-such-room')

await logins.end({ account: (await stage.house.person('ada')).account.id }, 'ended')
for (const [name, one] of [
  ['wide', ada],
  ['phone', small],
] as const) {
  await one.page.getByRole('dialog', { name: 'Sign in to go on' }).waitFor()
  await shoot(one.page, `ended-${name}`)
}
await stage.close()

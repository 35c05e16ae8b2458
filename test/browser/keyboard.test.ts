import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openStage, type Stage } from '../support/browser.ts'
import { people, until, type Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
before(async () => {
  stage = await openStage()
  tea = await stage.house.room('tea', await people(stage, 'ada', 'bob'))
})
afterEach(() => stage.calm())
after(() => stage.close())

/** What has the focus, as it would be read out. */
const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(
    `(({ tagName, ariaLabel, textContent, placeholder }) => tagName.toLowerCase() + ' ' + (ariaLabel || placeholder || textContent).trim())(document.activeElement)`,
  )

/** The focus follows what is drawn, and comes a moment later. */
const hasFocus = (page: Page, what: RegExp): Promise<void> => until(`${what} has the focus`, async () => what.test(await focused(page)))

async function tabsTo(page: Page, what: RegExp, key = 'Tab'): Promise<string[]> {
  const passed: string[] = []
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press(key)
    passed.push(await focused(page))
    if (what.test(passed.at(-1) ?? '')) return passed
  }
  throw new Error(`Tab never reached ${what}; it passed ${passed.join(' · ')}`)
}

async function arrive(): Promise<Visitor> {
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await hasFocus(ada.page, /^textarea Message tea/)
  return ada
}

test('Tab goes through the page in the order in which it is read, and the composer has the focus at the start', async () => {
  const ada = await arrive()
  await ada.says('First')
  await hasFocus(ada.page, /^textarea Message tea/)
  await ada.page.reload()
  await ada.isIn()
  await ada.reads('First')
  await hasFocus(ada.page, /^textarea Message tea/)
  await ada.page.evaluate('document.activeElement.blur()')
  const passed = await tabsTo(ada.page, /^textarea Message tea/)
  const order = [
    /^a Skip/,
    /^a Parley/,
    /^button New room/,
    /^a tea/,
    /^button New direct/,
    /^button Ada: settings/,
    /^button Connection/,
    /^button Members/,
    /^article/,
    /^textarea/,
  ]
  const places = order.map((one) => passed.findIndex((said) => one.test(said)))
  assert.ok(
    places.every((place, at) => place > (places[at - 1] ?? -1)),
    `${passed.join(' · ')}\n${places}`,
  )
})

test('Enter sends, Shift+Enter is a new line, and an Enter that ends a composition sends nothing', async () => {
  const ada = await arrive()
  const { keyboard } = ada.page
  await keyboard.type('one')
  await keyboard.press('Shift+Enter')
  await keyboard.type('two')
  await ada.holds('one\ntwo')
  await keyboard.press('Enter')
  await ada.reads('two')
  await ada.holds('')

  await keyboard.type('にほん')
  await ada.composer.evaluate(`(field) => {
    field.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }))
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }))
    field.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true, data: '日本' }))
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))
  }`)
  assert.equal(await ada.composer.inputValue(), 'にほん')
  assert.equal(await ada.message('にほん').count(), 0)
  await keyboard.press('Control+Enter')
  await ada.reads('にほん')
})

test('↑ in an empty composer changes the last own message, Esc gives it up', async () => {
  const ada = await arrive()
  await ada.says('A typo hree')
  await ada.message('A typo hree').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await ada.page.keyboard.press('ArrowUp')
  await ada.holds('A typo hree')
  await ada.page.getByText('Editing your message').waitFor()
  await ada.page.keyboard.press('Escape')
  await ada.holds('')
  await ada.page.keyboard.press('ArrowUp')
  await ada.holds('A typo hree')
  await ada.composer.fill('A typo here')
  await ada.page.keyboard.press('Enter')
  await ada.message('A typo here').getByText('(edited)').waitFor()
  await hasFocus(ada.page, /^textarea/)
})

test('the list is one stop: arrows walk over the messages, Tab goes into the actions, and a reaction needs no mouse', async () => {
  const ada = await arrive()
  for (const text of ['Red', 'Green', 'Blue']) await ada.says(text)
  await ada.message('Blue').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await tabsTo(ada.page, /^article/, 'Shift+Tab')
  await hasFocus(ada.page, /Blue/)
  await ada.page.keyboard.press('ArrowUp')
  await ada.page.waitForFunction('document.activeElement.textContent.includes("Green")')
  await ada.page.keyboard.press('Tab')
  await hasFocus(ada.page, /^button Add a reaction/)
  await ada.page.keyboard.press('Enter')
  await ada.page.waitForFunction('document.activeElement.ariaLabel === "thumbs up"')
  await ada.page.keyboard.press('ArrowRight')
  await ada.page.keyboard.press('ArrowRight')
  await hasFocus(ada.page, /^button heart$/)
  await ada.page.keyboard.press('Enter')
  await ada.message('Green').getByRole('button', { name: '❤️ by you' }).waitFor()
  await hasFocus(ada.page, /^(?!body)/)
})

test('menus and dialogs open, are walked through and close by keys, and give the focus back', async () => {
  const ada = await arrive()
  const { page } = ada
  await page.getByRole('button', { name: 'New room' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'New room' }).waitFor()
  await hasFocus(page, /^input/)
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press('Tab')
    assert.ok(await page.evaluate('document.activeElement === document.body || document.activeElement.closest("dialog") !== null'))
  }
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await hasFocus(page, /^button New room$/)

  await page.getByRole('button', { name: 'Ada: settings and sign out' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('radio', { name: 'Dark' }).focus()
  await page.keyboard.press('Space')
  await until('it is dark', async () => (await page.evaluate('getComputedStyle(document.documentElement).colorScheme')) === 'dark')
  await page.keyboard.press('Escape')
  await page.getByRole('radio', { name: 'Dark' }).waitFor({ state: 'hidden' })

  await page.getByRole('button', { name: /^Connection/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('complementary', { name: 'Connection' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('complementary').waitFor({ state: 'detached' })
  await hasFocus(page, /^button Connection/)
})

test('@ offers the people of the room, and the arrows choose one', async () => {
  const ada = await arrive()
  await ada.page.getByRole('button', { name: 'Members' }).getByText('2').waitFor()
  await ada.page.keyboard.type('well @')
  const list = ada.page.getByRole('listbox', { name: 'People in this room' })
  await list.waitFor()
  await ada.page.keyboard.type('b')
  await list.getByRole('option', { selected: true }).filter({ hasText: 'Bob' }).waitFor()
  await ada.page.keyboard.press('Enter')
  await ada.holds('well @bob ')
  await ada.page.keyboard.press('Enter')
  await ada.reads('well @Bob')
})

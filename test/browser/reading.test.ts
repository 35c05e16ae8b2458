import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openStage, type Stage } from '../support/browser.ts'
import { people, until, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage({ settings: { PARLEY__SERVER__NAME: 'Keepers & Co' } })
})
afterEach(() => stage.calm())
after(() => stage.close())

test('a page says nothing on the console, not even a warning; its title is the name of the server', async () => {
  await people(stage, 'ada')
  const page = await stage.page()
  const said: string[] = []
  page.on('console', (line) => void said.push(`${line.type()}: ${line.text()}`))
  await page.goto('/login')
  await page.getByRole('heading', { level: 1, name: 'Keepers & Co' }).waitFor()
  await page.getByRole('heading', { level: 2, name: 'Sign in' }).waitFor()
  assert.equal(await page.title(), 'Sign in – Keepers & Co')
  assert.deepEqual(said, [])
})

test('who has left the room is still named above what they wrote', async () => {
  const [ada, bob] = await people(stage, 'ada', 'bob')
  const tea = await stage.house.room('tea', [ada, bob])
  await (await stage.house.connect(bob)).post(tea, 'so long')
  await stage.house.service.house.rooms.leave({ account: bob.account.id, login: bob.login.id }, tea)
  const here = await visitor(stage, 'ada', `/r/${tea}`)
  await here.message('so long').getByText('Bob', { exact: true }).waitFor()
  await here.log.getByText('Bob left').waitFor()
  await until('the title is the room', async () => (await here.page.title()) === 'tea — Keepers & Co')
})

test('several messages are copied as lines with time and name, a part of one as it is', async () => {
  const [ada, bob] = await people(stage, 'ada', 'bob')
  const tea = await stage.house.room('kettle', [ada, bob])
  for (const [person, text] of [
    [ada, 'The kettle is **on**'],
    [bob, 'Two minutes'],
    [ada, 'Thank you'],
  ] as const)
    await (await stage.house.connect(person)).post(tea, text)
  const here = await visitor(stage, 'ada', `/r/${tea}`)
  await here.reads('Thank you')
  assert.match(
    await copied(here.page, 'The kettle is', 'Two minutes'),
    /^\[\d\d:\d\d\] Ada: The kettle is \*\*on\*\*\n\[\d\d:\d\d\] Bob: Two minutes$/,
  )
  assert.equal(await copied(here.page, 'Thank you', 'Thank you'), '')
})

/** What the page itself puts on the clipboard for a selection from one message to another; nothing when it leaves that to the browser. */
const copied = (page: Page, from: string, to: string): Promise<string> =>
  page.evaluate<string>(`(() => {
    const prose = (text) => [...document.querySelectorAll('.prose')].find((one) => one.textContent.includes(text))
    const [first, last] = [prose(${JSON.stringify(from)}), prose(${JSON.stringify(to)})]
    getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length)
    const event = new ClipboardEvent('copy', { clipboardData: new DataTransfer(), bubbles: true, cancelable: true })
    last.dispatchEvent(event)
    return event.clipboardData.getData('text/plain')
  })()`)

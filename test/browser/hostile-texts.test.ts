import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { openStage, type Stage } from '../support/browser.ts'
import { disguises, links, scripts } from './hostile-texts.ts'
import { people, until, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage({ settings: { PARLEY__LIMITS__POSTBURST: '1000' } })
})
afterEach(() => stage.calm())
after(() => stage.close())

const all = [...scripts, ...links, ...disguises]

/** What is drawn of every message in the document, and what is wrong with it. */
const look = `[...document.querySelectorAll('.message .prose')].map((prose) => ({
  seq: Number(prose.id.slice(1, -5)),
  text: prose.textContent,
  foreign: [...prose.querySelectorAll('*')].filter((one) => !/^(P|STRONG|EM|DEL|CODE|PRE|BLOCKQUOTE|UL|OL|LI|BR|HR|BDI|A|SPAN|SMALL|svg|path)$/.test(one.tagName)).map((one) => one.outerHTML),
  handlers: [...prose.querySelectorAll('*')].flatMap((one) => one.getAttributeNames()).filter((name) => /^on|style|srcdoc/.test(name)),
  links: [...prose.querySelectorAll('a')].map((one) => [one.protocol, one.rel, one.target].join(' ')),
  wide: prose.getBoundingClientRect().right > innerWidth,
}))`

interface Seen {
  seq: number
  text: string
  foreign: string[]
  handlers: string[]
  links: string[]
  wide: boolean
}

const bare = (text = '') => text.replace(/\s/g, '')

/** Reads the whole room from its beginning, where all is new, to its end. */
async function readAll(page: Page, last: number): Promise<Map<number, Seen>> {
  const seen = new Map<number, Seen>()
  await until('the end is reached', async () => {
    for (const one of await page.evaluate<Seen[]>(look)) seen.set(one.seq, one)
    await page.mouse.wheel(0, 300)
    return seen.has(last)
  })
  return seen
}

test(`${all.length} texts that would like to be scripts, links or something else are text to ada (WEB-07)`, async () => {
  const [ada, eve] = await people(stage, 'ada', 'eve')
  const room = await stage.house.room('tea', [ada, eve])
  const guest = await stage.house.connect(eve)
  const first = Number((await guest.post(room, all[0] ?? '')).seq)
  for (const text of all.slice(1)) await guest.post(room, text)

  const here = await visitor(stage, 'ada')
  await here.page.evaluate('window.ran = () => { window.runs = (window.runs ?? 0) + 1 }')
  here.page.on('dialog', (dialog) => void dialog.dismiss())
  await here.opens('tea')
  await here.page.mouse.move(640, 360)
  const seen = await readAll(here.page, first + all.length - 1)

  assert.equal(seen.size, all.length)
  assert.equal(await here.page.evaluate('window.runs'), undefined)
  for (const [at, text] of all.entries()) {
    const one = seen.get(first + at)
    assert.deepEqual([one?.foreign, one?.handlers, one?.wide], [[], [], false], text)
    for (const link of one?.links ?? []) assert.match(link, /^https?: noopener noreferrer _blank$/, text)
  }
  const shown = (text: string) => seen.get(first + all.indexOf(text))
  for (const text of scripts.slice(0, 40)) assert.ok(bare(shown(text)?.text).includes(bare(text).slice(0, 7)), text)
  for (const text of links.slice(0, 14)) assert.deepEqual(shown(text)?.links, [], text)
  assert.match(shown('[https://bank.example](https://evil.example)')?.text ?? '', /\(evil\.example\)/, 'where a link leads is said')
})

test('names that would like to be markup are names (WEB-07)', async () => {
  const hostile = '"><img src=x onerror=ran()>'
  const { accounts } = stage.house.service.house
  const [ada] = await people(stage, 'ada')
  const mallory = await accounts.add({ name: 'mallory', display: hostile, role: 'member' })
  const room = await stage.house.room(`<b>${hostile}`, [ada, await stage.house.login(mallory)])
  const guest = await stage.house.connect(await stage.house.login(mallory))
  await guest.post(room, '@ada look')
  const here = await visitor(stage, 'ada', `/r/${room}`)
  await here.page.evaluate('window.ran = () => { window.runs = 1 }')
  await here.page.getByRole('heading', { level: 1, name: `<b>${hostile}` }).waitFor()
  await here.log.getByText(hostile, { exact: true }).first().waitFor()
  await guest.ask('typing', { room })
  await here.page.getByText(`${hostile} is typing`).waitFor()
  await until('the title is the room', async () => (await here.page.title()).includes('<b>"><img src=x'))
  assert.equal(await here.page.locator('img').count(), 0)
  assert.equal(await here.page.evaluate('window.runs'), undefined)
})

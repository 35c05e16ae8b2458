import assert from 'node:assert/strict'
import type { BrowserContextOptions, Locator, Page } from 'playwright-core'
import type { AccountRole } from '../../src/protocol/events.ts'
import { Visitor as Caller } from '../http/visitor.ts'
import type { Stage } from '../support/browser.ts'
import type { Person } from '../support/house.ts'

/** Everybody's: no story is about guessing. */
export const password = 'a quiet harbour at noon'

const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const displayOf = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`

/** People with an account and a password; the first is the admin. */
export async function people<const Names extends string[]>({ house }: Stage, ...names: Names): Promise<{ [K in keyof Names]: Person }> {
  const { accounts } = house.service.house
  const all = []
  for (const [at, name] of names.entries()) {
    const role: AccountRole = at === 0 ? 'admin' : 'member'
    if ((await accounts.find(name)) === undefined) await accounts.add({ name, display: displayOf(name), password, role })
    all.push(await house.person(name))
  }
  return all as { [K in keyof Names]: Person }
}

/** Fills the form on /login, wherever it was asked for, and waits for what stands behind it. */
export async function signIn(page: Page, name: string, given = password): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password', { exact: true }).fill(given)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Somebody at the app, in a browser of their own, with the cookies of a sign-in; how people come by them is a story of its own. */
export async function visitor(stage: Stage, name: string, path = '/', options: BrowserContextOptions = {}): Promise<Visitor> {
  const page = await stage.page(options)
  const cookies = await cookiesOf(stage, name)
  await page.context().addCookies(cookies.map(([name, value]) => ({ name, value, url: stage.url, httpOnly: true, sameSite: 'Lax' })))
  await page.goto(path)
  const here = new Visitor(page)
  await here.isIn()
  return here
}

async function cookiesOf({ url, ca }: Stage, name: string): Promise<[name: string, value: string][]> {
  const caller = new Caller({ port: Number(new URL(url).port), ca, origin: url })
  const answer = await caller.post('/api/v1/login', { name, password }, { 'user-agent': chrome })
  caller.close()
  assert.equal(answer.status, 200, answer.text)
  return [...caller.cookies]
}

/** What a person does with the app, in their words. */
export class Visitor {
  readonly page: Page
  readonly composer: Locator
  readonly log: Locator

  constructor(page: Page) {
    this.page = page
    this.composer = page.getByRole('textbox', { name: /^Message / })
    this.log = page.getByRole('log')
  }

  /** The app is drawn and its connection stands. */
  async isIn(): Promise<void> {
    await this.page.locator('.status-dot.live').waitFor({ state: 'attached' })
  }

  roomLink(name: string): Locator {
    return this.page.getByRole('navigation').getByRole('link', { name })
  }

  async opens(room: string): Promise<void> {
    await this.roomLink(room).click()
    await this.page.getByRole('heading', { level: 1, name: room }).waitFor()
  }

  /** By what it says, not by what it quotes. */
  message(text: string): Locator {
    return this.log.getByRole('article').filter({ has: this.page.locator('.prose', { hasText: text }) })
  }

  /** What the composer holds, once it holds it: it is drawn a moment after the key. */
  async holds(text: string): Promise<void> {
    await until(`the composer holds "${text}"`, async () => (await this.composer.inputValue()) === text)
  }

  async reads(text: string): Promise<void> {
    await this.message(text).waitFor()
  }

  async says(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
    await this.reads(text)
  }

  /** One of the buttons that a message shows while it is pointed at. */
  async acts(text: string, action: string): Promise<void> {
    const button = this.message(text).getByRole('button', { name: action })
    // What comes in meanwhile may move the message away from under the pointer.
    await until(`"${action}" is offered`, async () => {
      await this.message(text).hover()
      return button.isVisible()
    })
    await button.click()
  }
}

/** Looks again until it is so; for what tells nobody when it changes. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const guard = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > guard) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { words } from '../../src/web/words.ts'
import { openStage, type Stage } from '../support/browser.ts'
import { password, people, signIn, until, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage()
})
afterEach(() => stage.calm())
after(() => stage.close())

const another = 'seven boats come home'

test('ada changes her password: her other browser is out, this one stays, and only the new one lets her in', async () => {
  stage.expects(/status of 40[13]/, /status of 429/, /status of 422/)
  await people(stage, 'ada')
  const elsewhere = await visitor(stage, 'ada')
  const { page } = await visitor(stage, 'ada', '/logins')
  const form = page.getByRole('region', { name: words.password.title })
  const [current, next] = [form.getByLabel(words.password.current), form.getByLabel(words.password.next)]
  const change = form.getByRole('button', { name: words.password.go })
  await form.getByText(words.password.rule).waitFor()
  assert.deepEqual(
    [await current.getAttribute('autocomplete'), await next.getAttribute('autocomplete')],
    ['current-password', 'new-password'],
  )

  await current.fill('not the right one')
  await next.fill(another)
  await change.click()
  await form.locator('[role="alert"]:focus').filter({ hasText: words.password.wrong }).waitFor()

  await current.fill(password)
  await next.fill('too short')
  await change.click()
  await form.getByRole('alert').filter({ hasText: 'at least 15 characters' }).waitFor()

  await next.fill(another)
  await change.click()
  // Her other browser, and a token that is nowhere connected.
  await form.getByText(`${words.password.done} ${words.logins.ended(2, 1)}`).waitFor()
  await until('both fields are empty', async () => (await current.inputValue()) + (await next.inputValue()) === '')
  await elsewhere.page.getByRole('dialog', { name: words.ended.title }).waitFor()
  await until('this login is in the list', async () => (await page.getByRole('button', { name: words.logins.endThis }).count()) === 1)

  const later = await stage.page()
  await later.goto('/login')
  await signIn(later, 'ada')
  await later.locator('[role="alert"]:focus').waitFor()
  await signIn(later, 'ada', another)
  await later.locator('.status-dot.live').waitFor({ state: 'attached' })
})

test('whoever guesses there is told how long to wait', async () => {
  stage.expects(/status of 401/, /status of 429/)
  await people(stage, 'ada', 'eve')
  const { page } = await visitor(stage, 'eve', '/logins')
  const form = page.getByRole('region', { name: words.password.title })
  const wait = form.getByText(/Too many attempts\. Try again in \d+ seconds?\./)
  await form.getByLabel(words.password.next).fill(another)
  for (let guess = 0, status = 0; guess < 12 && status !== 429; guess += 1) {
    await form.getByLabel(words.password.current).fill(`guess number ${guess}`)
    const answer = page.waitForResponse('**/api/v1/password')
    await form.getByRole('button', { name: words.password.go }).click()
    status = (await answer).status()
    await form.locator('.error').waitFor()
  }
  // For as long as it has to be waited, and no longer.
  await Promise.all([wait.waitFor(), form.getByRole('button', { name: words.password.go, disabled: true }).waitFor()])
})

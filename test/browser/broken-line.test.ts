import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import type { Person } from '../support/house.ts'
import { people, until, Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
let bobs: Person
before(async () => {
  // One that nobody takes while the server is away.
  stage = await openStage({ settings: { PARLEY__SERVER__PORT: `${await freePort()}` } })
  const both = await people(stage, 'ada', 'bob')
  bobs = both[1]
  tea = await stage.house.room('tea', both)
})
afterEach(() => stage.calm())
after(() => stage.close())

/** Not only in the document: above the composer, where it is read. */
const isOnScreen = (text: string) => `(() => {
  const list = document.querySelector('.list')
  const row = [...list.querySelectorAll('article')].find(({ innerText }) => innerText.includes(${JSON.stringify(text)}))
  return row !== undefined && row.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom
})()`

test('what ada writes without a network waits, says so, and arrives once when it is back', async () => {
  const [ada, bob] = [await visitor(stage, 'ada', `/r/${tea}`), await visitor(stage, 'bob', `/r/${tea}`)]
  await ada.page.context().setOffline(true)
  await ada.page.getByText('Offline — what you write waits here.').waitFor()
  await ada.says('From the tunnel')
  await ada.message('From the tunnel').getByText('Waiting to send').waitFor({ state: 'attached' })
  await ada.page.getByText('Offline — your message waits here (1).').waitFor()
  await bob.says('Where are you?')

  // Offline nothing is tried and no timer runs: only the network's return can bring this request.
  const attempt = ada.page.waitForRequest('**/api/v1/ticket')
  await ada.page.context().setOffline(false)
  await attempt
  await bob.reads('From the tunnel')
  await ada.reads('Where are you?')
  await ada.message('From the tunnel').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  assert.equal(await bob.message('From the tunnel').count(), 1)
  assert.equal(await ada.message('From the tunnel').count(), 1)
})

test('what ada writes before the first page of the room has come is shown at once, and she stays at it when the page comes', async () => {
  const bob = await stage.house.connect(bobs)
  for (let at = 1; at <= 20; at++) await bob.post(tea, `Long before: ${at}`)
  const { messages } = stage.house.service.house
  const { open } = messages
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>()
  messages.open = async (...given) => {
    await held
    return open(...given)
  }
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.says('Before I read')
  assert.equal(await ada.message('Long before: 20').count(), 0)
  messages.open = open
  goOn()
  await ada.reads('Long before: 20')
  await ada.message('Before I read').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await until('she is at it', () => ada.page.evaluate<boolean>(isOnScreen('Before I read')))
  assert.equal(await ada.message('Before I read').count(), 1)
})

test('the server goes away and comes back, the page is loaded anew: a message that waited is sent once, a draft is still there', async () => {
  stage.expects(/ERR_CONNECTION_REFUSED/, /WebSocket connection to/)
  const [ada, bob] = [await visitor(stage, 'ada', `/r/${tea}`), await visitor(stage, 'bob', `/r/${tea}`)]
  await stage.stop()
  await ada.page.getByText(/Reconnecting/).waitFor()
  await ada.says('Into the dark')
  await ada.message('Into the dark').getByText('Waiting to send').waitFor({ state: 'attached' })
  await ada.composer.fill('half a thought')
  await ada.page.goto('about:blank')

  await stage.restart()
  await bob.page.getByRole('button', { name: 'Try now' }).click()
  await ada.page.goto(`${stage.url}/r/${tea}`)
  const again = new Visitor(ada.page)
  await again.isIn()
  await bob.reads('Into the dark')
  await again.message('Into the dark').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
  await again.holds('half a thought')
  assert.equal(await bob.message('Into the dark').count(), 1)
  assert.equal(await again.message('Into the dark').count(), 1)
})

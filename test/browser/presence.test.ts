import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { fakeClock } from '../support/house.ts'
import { people, until, visitor } from './visitor.ts'

const clock = fakeClock()
let stage: Stage
before(async () => {
  stage = await openStage({ clock })
})
afterEach(() => stage.calm())
after(() => stage.close())

test('who closes the browser is offline a little later, and here again when back', async () => {
  const room = await stage.house.room('tea', await people(stage, 'ada', 'bob'))
  const [ada, bob] = [await visitor(stage, 'ada', `/r/${room}`), await visitor(stage, 'bob', `/r/${room}`)]
  await ada.page.getByRole('button', { name: 'Members' }).click()
  const line = ada.page.getByRole('complementary', { name: 'Members' }).getByRole('listitem').filter({ hasText: 'Bob' })
  await line.getByText('here').waitFor({ state: 'attached' })

  const closed = stage.logged('ws_closed').length
  await bob.page.context().close()
  await until('his connection is gone', () => stage.logged('ws_closed').length > closed)
  await line.getByText('here').waitFor({ state: 'attached' }) // a reload is no leaving
  clock.pass(16_000)
  await line.getByText('offline').waitFor({ state: 'attached' })
  await visitor(stage, 'bob', `/r/${room}`)
  await line.getByText('here').waitFor({ state: 'attached' })
})

import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { people, until, type Visitor, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage()
})
afterEach(() => stage.calm())
after(() => stage.close())

/** ada and bob at two windows, in one new room. */
async function twoIn(name: string): Promise<[Visitor, Visitor]> {
  const persons = await people(stage, 'ada', 'bob')
  const room = await stage.house.room(name, persons)
  return Promise.all([visitor(stage, 'ada', `/r/${room}`), visitor(stage, 'bob', `/r/${room}`)])
}

test('ada and bob talk; what one edits, removes, reacts to and replies to, the other sees', async () => {
  const [ada, bob] = await twoIn('tea')
  await ada.says('Is the kettle on?')
  await bob.reads('Is the kettle on?')
  await bob.says('In a minit')
  await ada.reads('In a minit')

  await bob.acts('In a minit', 'Edit')
  await bob.says('In a minute')
  await ada.message('In a minute').getByText('(edited)').waitFor()
  assert.equal(await ada.message('minit').count(), 0)

  await ada.acts('In a minute', 'Add a reaction')
  await ada.page.getByRole('group', { name: 'Reactions' }).getByRole('button', { name: 'thumbs up' }).click()
  const thumb = bob.message('In a minute').getByRole('button', { name: '👍 by Ada' })
  await thumb.click()
  await ada.message('In a minute').getByRole('button', { name: '👍 by you and Bob' }).waitFor()

  await ada.acts('In a minute', 'Reply')
  await ada.says('No hurry')
  await bob.message('No hurry').getByRole('link', { name: 'In a minute' }).waitFor()

  await ada.acts('Is the kettle on?', 'Remove')
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await bob.log.getByText('Removed').waitFor()
  assert.equal(await bob.message('Is the kettle on?').count(), 0)
})

test('each sees that the other is there and is typing, and who is in the room', async () => {
  const [ada, bob] = await twoIn('cellar')
  await ada.page.getByRole('button', { name: 'Members' }).click()
  const panel = ada.page.getByRole('complementary', { name: 'Members' })
  const line = panel.getByRole('listitem').filter({ hasText: 'Bob' })
  await line.getByText('here').waitFor({ state: 'attached' })
  await bob.composer.pressSequentially('well')
  await ada.page.getByText('Bob is typing').waitFor()
  assert.equal(await bob.page.getByText('Bob is typing').count(), 0)

  await people(stage, 'ada', 'bob', 'eve')
  await panel.getByRole('button', { name: 'Add someone' }).click()
  await ada.page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('ev')
  await ada.page.getByRole('dialog').getByRole('button', { name: /Eve/ }).click()
  await bob.log.getByText('Eve joined').waitFor()
  await panel.getByRole('button', { name: 'Remove Eve' }).click()
  await ada.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await bob.log.getByText('Ada removed Eve').waitFor()
})

test('what ada has not read is counted for her, and read on one device it is read on the other', async () => {
  const [ada, bob] = await twoIn('attic')
  const phone = await visitor(stage, 'ada')
  await stage.house.room('elsewhere', await people(stage, 'ada'))
  await ada.opens('elsewhere')
  await phone.opens('elsewhere')
  await bob.says('One')
  await bob.says('@ada two')
  const badge = (where: Visitor) => where.roomLink('attic').getByText('1 message for you')
  await badge(ada).waitFor({ state: 'attached' })
  await badge(phone).waitFor({ state: 'attached' })
  await until('the title counts', async () => (await ada.page.title()).startsWith('(1) '))

  await ada.opens('attic')
  await ada.reads('@Ada two')
  await ada.page.getByRole('separator', { name: 'New' }).waitFor()
  await badge(phone).waitFor({ state: 'detached' })
  await until('the title counts no more', async () => !(await phone.page.title()).startsWith('('))
})

test('ada makes a room, bob finds it and joins; they write each other directly', async () => {
  const [ada, bob] = await twoIn('porch')
  await ada.page.getByRole('button', { name: 'New room' }).click()
  await ada.page.getByRole('textbox', { name: 'Name' }).fill('garden')
  await ada.page.getByRole('button', { name: 'Make the room' }).click()
  await ada.page.getByRole('heading', { level: 1, name: 'garden' }).waitFor()
  await ada.says('The beans are up')

  await bob.page.getByRole('button', { name: 'Browse rooms' }).click()
  await bob.page.getByRole('button', { name: 'Join garden' }).click()
  await bob.page.getByRole('heading', { level: 1, name: 'garden' }).waitFor()
  await bob.reads('The beans are up')
  await ada.log.getByText('Bob joined').waitFor()

  await bob.page.getByRole('button', { name: 'New direct message' }).click()
  await bob.page.getByRole('dialog').getByRole('button', { name: /Ada/ }).click()
  await bob.page.getByRole('heading', { level: 1, name: 'Ada' }).waitFor()
  await bob.says('Just for you')
  await ada.opens('Bob')
  await ada.reads('Just for you')
})

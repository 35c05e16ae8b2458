import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { type House, openHouse } from './house.ts'
import type { Answer, Visitor } from './visitor.ts'

let house: House
beforeEach(async () => {
  house = await openHouse()
})
afterEach(() => house.close())

const idOf = async (name: string): Promise<string> => (await house.accounts.find(name))?.id ?? ''
const ask = (who: Visitor, ids: string[]) => who.get(`/api/v1/accounts?ids=${encodeURIComponent(ids.join(','))}`)
const names = ({ json }: Answer): string[] => (json as { name: string }[]).map(({ name }) => name).sort()

/** A private room that ada leads, with these people. */
async function room(ada: Visitor, members: string[]): Promise<string> {
  return (await ada.post('/api/v1/rooms', { name: 'tea', kind: 'private', members: await Promise.all(members.map(idOf)) })).json.id
}

async function says(who: Visitor, room: string, text: string): Promise<void> {
  const answer = await who.post(`/api/v1/rooms/${room}/messages`, { key: text.replaceAll(' ', '-').padEnd(16, '-'), text })
  assert.equal(answer.status, 200, answer.text)
}

test('whoever wrote what ada may read keeps a name after leaving, also with the account disabled', async () => {
  const [ada, bob] = [await house.guest('ada'), await house.guest('bob')]
  const tea = await room(ada, ['bob'])
  await says(bob, tea, 'good bye')
  const id = await idOf('bob')
  assert.equal((await bob.delete(`/api/v1/rooms/${tea}/members/${id}`)).status, 200)
  assert.deepEqual(names(await ada.get('/api/v1/accounts?prefix=bob')), [], 'not among those one can ask in')
  assert.deepEqual((await ask(ada, [id])).json, [{ id, name: 'bob', display: 'bob', role: 'member' }])
  await house.accounts.disable(id)
  assert.deepEqual(names(await ask(ada, [id])), ['bob'])
})

test('whoever was shown out before saying anything is named to those who saw it, and to nobody who came later', async () => {
  const [ada] = [await house.guest('ada'), await house.guest('bob')]
  const tea = await room(ada, ['bob'])
  const bob = await idOf('bob')
  assert.equal((await ada.delete(`/api/v1/rooms/${tea}/members/${bob}`)).status, 200)
  assert.deepEqual(names(await ask(ada, [bob])), ['bob'])
  const eve = await house.guest('eve')
  await ada.post(`/api/v1/rooms/${tea}/members`, { account: await idOf('eve') })
  assert.deepEqual(names(await ask(eve, [bob])), [])
})

test('somebody with whom one shares a room is named, having said nothing; so is oneself', async () => {
  const [ada] = [await house.guest('ada'), await house.guest('bob')]
  await room(ada, ['bob'])
  assert.deepEqual(names(await ask(ada, [await idOf('bob'), await idOf('ada'), await idOf('bob')])), ['ada', 'bob'])
})

test('strangers and inventions are not in the answer, and cannot be told apart (AZN-02)', async () => {
  const [ada, eve] = [await house.guest('ada'), await house.guest('eve')]
  await says(ada, await room(ada, []), 'to myself')
  assert.deepEqual((await ask(eve, [await idOf('ada'), 'nobody'])).json, [])
})

test('what was written before one came to a private room names nobody', async () => {
  const [ada, bob] = [await house.guest('ada'), await house.guest('bob')]
  const tea = await room(ada, ['bob'])
  await says(bob, tea, 'before eve')
  await bob.delete(`/api/v1/rooms/${tea}/members/${await idOf('bob')}`)
  const eve = await house.guest('eve')
  await ada.post(`/api/v1/rooms/${tea}/members`, { account: await idOf('eve') })
  assert.deepEqual(names(await ask(eve, [await idOf('ada'), await idOf('bob')])), ['ada'])
})

test('an admin is told everyone; nobody without a login is told anything', async () => {
  const root = await house.guest('root', 'admin')
  await house.guest('ada')
  assert.deepEqual(names(await ask(root, [await idOf('ada'), 'nobody'])), ['ada'])
  assert.equal((await ask(house.visitor(), [await idOf('ada')])).status, 401)
})

test('a hundred ids are answered; more, none, or what is no id is refused', async () => {
  const ada = await house.guest('ada')
  const ids = Array.from({ length: 101 }, (_, i) => `stranger-${i}`)
  assert.equal((await ask(ada, ids.slice(1))).status, 200)
  for (const bad of [ids, [''], ['a b'], ["'"], ['x'.repeat(65)]]) assert.equal((await ask(ada, bad)).json.code, 'invalid', String(bad))
})

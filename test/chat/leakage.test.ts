import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { chance, often, seedOf } from '../gateway/chance.ts'
import type { Guest, Heard } from '../support/guest.ts'
import { type Person, startHouse } from '../support/house.ts'

const names = ['ada', 'bob', 'carol', 'dan'] as const

/** Texts of a frame, wherever in it they are. */
const textsIn = (frame: Heard): string[] => [...JSON.stringify(frame).matchAll(/words-\d+/g)].map(([text]) => text)

/**
 * People come, go, talk, look and lose their lines, in an order that a seed decides. Each message says in its words who was in the room when
 * its post was answered, or between that and when it was sent: whoever hears it and was not is told on.
 */
async function party(t: TestContext, rounds: number): Promise<void> {
  const { below, pick } = chance(seedOf(t))
  const settings = {
    PARLEY__LIMITS__POSTSPERSECOND: '100000',
    PARLEY__LIMITS__POSTBURST: '100000',
    PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '10000',
  }
  const house = await startHouse({ settings })
  t.after(() => house.close())
  const people = await house.people(...names)
  const [host] = await house.people('host')
  const room = await house.room('tea', [host])
  const hostess = await house.connect(host)
  const { rooms } = house.service.house
  const actor = { account: host.account.id, login: host.login.id }
  const present = new Set<Person>()
  const mayHear = new Map<string, Set<string>>()
  const guests = new Map<Person, Guest[]>()
  let said = 0

  const connect = async (person: Person) => void guests.set(person, [...(guests.get(person) ?? []), await house.connect(person)])
  const line = (person: Person) => guests.get(person)?.at(-1) as Guest
  const acts: (() => Promise<unknown>)[] = [
    async () => {
      const person = pick(people)
      if (present.has(person)) return
      present.add(person) // from here on they may hear: the room lets them in at some moment of this call
      await rooms.add(actor, room, person.account.id)
      await line(person).open(room)
    },
    async () => {
      const person = pick([...present, undefined])
      if (!person) return
      const out = rooms.remove(actor, room, person.account.id)
      await (below(2)
        ? out
        : line(person)
            .post(room, 'too late, or not')
            .then(() => out))
      present.delete(person)
    },
    ...Array.from({ length: 4 }, () => async () => {
      const text = `words-${++said}`
      mayHear.set(text, new Set([...present].map(({ account }) => account.name)))
      await hostess.post(room, text)
    }),
    async () => void (await line(pick(people)).ask('history', { room, limit: 50 })),
    async () => void (await line(pick(people)).open(room, { after: below(said + 1) })),
    async () => void (await line(pick(people)).ask('typing', { room })),
    async () => {
      const person = pick(people)
      line(person).ws.terminate()
      await connect(person)
      await line(person).open(room, { after: 0 })
    },
  ]
  for (const person of people) await connect(person)
  for (let i = 0; i < rounds; i += 1) await pick(acts)()
  for (const person of people) await line(person).ask('ping')

  let heard = 0
  for (const person of people) {
    for (const frame of guests.get(person)?.flatMap(({ frames }) => frames) ?? []) {
      for (const text of textsIn(frame)) {
        heard += 1
        assert.ok(mayHear.get(text)?.has(person.account.name), `${person.account.name} heard ${text}: ${JSON.stringify(frame)}`)
      }
    }
  }
  assert.ok(heard * 10 > said, `${said} were said and only ${heard} heard`)
}

test('whoever is not in a room when something is said there never hears it, whatever happens (AZN-06)', (t) => party(t, often(400)))

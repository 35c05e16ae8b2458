import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough, Writable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createIntake } from '../../src/gateway/intake.ts'
import { newKey } from '../support/guest.ts'
import { startHouse } from '../support/house.ts'

/** People whose every word takes longer than a slice, and what of it has been taken apart. */
function crowd(...names: string[]) {
  const done: string[] = []
  const watch = createIntake()
  const people = names.map((name) => {
    const socket = new PassThrough()
    const parser = new Writable({
      write(chunk, _, next) {
        for (const from = performance.now(); performance.now() - from < 3; );
        done.push(`${name}: ${chunk}`)
        next()
      },
    })
    socket.on('data', (chunk) => parser.write(chunk))
    const ws = { isPaused: false } as Parameters<typeof watch>[0]['ws']
    watch({ ws, socket, parser, taken: () => undefined })
    return { ws, socket, parser }
  })
  const says = (who: number, word: string) => people[who]?.socket.emit('data', Buffer.from(word))
  return { people, done, says }
}

test('whoever comes after the slice is over waits for the next turn, each in the order of coming, and is not read from meanwhile', async () => {
  const { people, done, says } = crowd('ada', 'bob', 'eve')
  says(0, '1')
  says(1, '1')
  says(2, '1')
  says(1, '2')
  assert.deepEqual(done, ['ada: 1'], 'the loop gets its turn')
  assert.deepEqual(
    people.map(({ socket }) => socket.isPaused()),
    [false, true, true],
  )
  while (done.length < 4) await turn()
  assert.deepEqual(done, ['ada: 1', 'bob: 1', 'bob: 2', 'eve: 1'])
  assert.ok(people.every(({ socket }) => !socket.isPaused()))
})

test('in a turn of its own nobody waits', async () => {
  const { done, says } = crowd('ada', 'bob')
  for (const who of [0, 1]) {
    says(who, '1')
    await turn()
  }
  assert.deepEqual(done, ['ada: 1', 'bob: 1'])
})

test('nothing is taken apart behind the end of what bob says, and a reader whom others hold stays held', async () => {
  const { people, done, says } = crowd('ada', 'bob', 'eve')
  says(0, '1')
  says(1, '1')
  says(2, '1')
  people[1]?.parser.end()
  Object.assign(people[2]?.ws ?? {}, { isPaused: true })
  while (done.length < 2) await turn()
  await turn()
  assert.deepEqual(done, ['ada: 1', 'eve: 1'])
  assert.equal(people[2]?.socket.isPaused(), true)
  says(1, '2')
  assert.equal(done.length, 2)
})

test('two hundred posts of each of twenty people in one go: all are answered, in order, and whoever hangs up behind them is gone', async (t) => {
  const limits = { POSTSPERSECOND: '100000', POSTBURST: '100000', PENDING: '2000', FRAMESPERSECOND: '100000', CONNECTIONSPERLOGIN: '100' }
  const house = await startHouse({ settings: Object.fromEntries(Object.entries(limits).map(([k, v]) => [`PARLEY__LIMITS__${k}`, v])) })
  t.after(() => house.close())
  const ada = await house.person('ada')
  const room = await house.room('tea', [ada])
  const guests = await Promise.all(Array.from({ length: 20 }, () => house.connect(ada)))
  const asked = guests.map((guest) => Array.from({ length: 200 }, (_, i) => guest.say('post', { room, key: newKey(), text: `${i}` })))
  for (const [i, refs] of asked.entries()) {
    const answers = await Promise.all(refs.map((ref) => guests[i]?.answerTo(ref)))
    const seqs = answers.map((answer) => Number(answer?.seq))
    assert.deepEqual(
      seqs,
      seqs.toSorted((a, b) => a - b),
    )
    assert.equal(new Set(seqs).size, 200)
  }
  const gone = guests.map(({ ws }) => once(ws, 'close'))
  for (const guest of guests) {
    for (let i = 0; i < 50; i++) guest.say('ping')
    guest.ws.close()
  }
  await Promise.all(gone)
  while (house.service.connections() > 0) await turn()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { startHouse } from '../support/house.ts'

const settings = Object.fromEntries(
  ['POSTSPERSECOND', 'POSTBURST', 'PENDING', 'FRAMESPERSECOND'].map((name) => [`PARLEY__LIMITS__${name}`, '100000']),
)
const waves = 10
/** Of each wave. */
const posts = 200

test('who opens a room in a burst hears nothing twice, also when the page was read before the burst was told', async (t) => {
  const house = await startHouse({ settings })
  t.after(() => house.close())
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]

  let seq: unknown
  for (let wave = 0; wave < waves; wave++) {
    const refs = Array.from({ length: posts }, (_, i) => a.say('post', { room, key: newKey(), text: `message ${wave} ${i}` }))
    let isOver = false
    const said = a.answerTo(refs.at(-1) as number).finally(() => {
      isOver = true
    })
    // Each opening ends what the one before had begun.
    do await b.open(room)
    while (!isOver)
    seq = (await said).seq
  }
  await b.open(room)
  await b.ask('ping')

  let last = 0
  for (const frame of b.frames) {
    const opened = frame.type === 'ok' ? (frame.rooms as { events: { seq: number }[] }[] | undefined)?.[0]?.events : undefined
    const heard = frame.type === 'events' ? (frame.events as { seq: number }[]) : undefined
    if (opened) last = opened.at(-1)?.seq ?? last
    for (const event of heard ?? []) assert.equal(event.seq, ++last, 'live events go on where the page ended')
  }
  assert.equal(last, seq)
})

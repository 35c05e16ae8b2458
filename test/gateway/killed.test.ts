import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { startChild } from '../support/child.ts'
import { type Guest, type Heard, newKey } from '../support/guest.ts'
import { startHouse } from '../support/house.ts'

const settings = Object.fromEntries(
  ['POSTSPERSECOND', 'POSTBURST', 'PENDING', 'FRAMESPERSECOND'].map((name) => [`PARLEY__LIMITS__${name}`, '10000']),
)
const posts = 1000

async function everything(guest: Guest, room: string): Promise<RoomEvent[]> {
  const all: RoomEvent[] = []
  for (let more = true; more; ) {
    const opened = await guest.open(room, { after: all.at(-1)?.seq ?? 0 })
    all.push(...(opened.events as RoomEvent[]))
    more = opened.more as boolean
  }
  return all
}

test('a server that is killed in a burst of a thousand posts has lost nothing it acknowledged and doubled nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-kill-'))
  const first = await startHouse({ folder, settings })
  const [ada] = await first.people('ada')
  const room = await first.room('tea', [ada])
  await first.close()

  const messages = Array.from({ length: posts }, (_, i) => ({ key: newKey(), text: `message ${i}` }))
  const acknowledged = new Map<string, Heard>()
  // Killed twice, at different points of the burst, and each time the client goes on with the same keys.
  for (const killAt of [posts / 4, posts / 2, posts]) {
    const child = await startChild(folder, settings)
    const a = await child.connect(ada)
    const open = messages.filter(({ key }) => !acknowledged.has(key))
    const refs = new Map(open.map(({ key, text }) => [a.say('post', { room, key, text }), key]))
    await new Promise<void>((resolve) => {
      const look = () => {
        for (const frame of a.frames)
          if (frame.type === 'ok' && refs.has(frame.ref as number)) acknowledged.set(refs.get(frame.ref as number) ?? '', frame)
        if (acknowledged.size >= killAt) resolve()
      }
      a.ws.on('message', look)
      look()
    })
    await child.kill()
    await a.ended()
  }

  assert.equal(acknowledged.size, posts)
  const again = await startHouse({ folder, settings })
  try {
    const events = await everything(await again.connect(ada), room)
    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, i) => i + 1),
      'no hole',
    )
    const said = events.filter(({ kind }) => kind === 'message')
    assert.equal(said.length, posts, 'nothing missing, nothing twice')
    const byKey = new Map(said.map((event) => [event.key, event]))
    for (const [key, { seq, id }] of acknowledged) assert.deepEqual([byKey.get(key)?.seq, byKey.get(key)?.id], [seq, id])
  } finally {
    await again.close()
    rmSync(folder, { recursive: true })
  }
})

import { once } from 'node:events'
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises'
import { type Person, signIn } from '../outside/ask.ts'
import { Line } from '../outside/line.ts'
import { gather, roomOf } from './crowd.ts'
import { eachMark, markedText } from './marks.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Storm {
  rooms: readonly string[]
  perRoom: number
  /** Posts in each room while everybody is away: they are what must be caught up. */
  missed: number
  /** Somebody signs in meanwhile, again and again. */
  person: Person
}

/** ms in which everybody has to be back. */
const patience = 120_000

/** Those who dial in one turn of the load's own loop: dialling all in one would be seconds in which it answers nobody, and measures itself. */
const together = 10

/** All are cut off at once, miss something, and come back at once. */
export async function storm({ rooms, perRoom, missed, person }: Storm, stage: Stage): Promise<Figures> {
  const { target, dialect, progress, window } = stage
  const size = rooms.length * perRoom
  const lines = await gather({ rooms, perRoom }, stage)
  for (const line of lines) line.leave()
  await Promise.all(lines.map(({ socket }) => socket.closed || once(socket, 'close')))
  const cursors = await postMissed({ rooms, perRoom, missed }, stage)
  progress('all come back')

  const [back, door] = [new Durations(), new Durations()]
  const deadline = AbortSignal.timeout(patience)
  let isOver = false
  let lost = 0
  const signingIn = (async () => {
    while (!isOver) {
      const began = performance.now()
      await signIn(target, person)
      door.add(performance.now() - began)
    }
  })()
  await window(true)
  const watch = startWatch()
  const began = performance.now()
  const all: Promise<void>[] = []
  for (let i = 0; i < size; i++) {
    all.push(returned(i))
    if (i % together === 0) await turn()
  }
  await Promise.all(all)
  const { ms, ownCpu } = watch()
  await window(false)
  isOver = true
  await signingIn
  const { p50, p99, max } = back.figures()
  const signIns = door.figures()
  return {
    ...{ connections: size, allBackMs: ms, p50, p99, max, missing: lost, ownCpu },
    ...{ signInP50: signIns.p50, signInP99: signIns.p99, signInMax: signIns.max },
  }

  async function returned(i: number): Promise<void> {
    try {
      const heard = await comeBack(i)
      back.add(performance.now() - began)
      lost += Math.max(0, missed - heard)
    } catch {
      lost += missed
    }
  }

  /** Dials until it is let in, as a client with patience does, and says how many of the posts that it missed it was given. */
  async function comeBack(i: number): Promise<number> {
    for (;;) {
      deadline.throwIfAborted()
      const line = await Line.dial(target, dialect.wish(i, roomOf({ rooms, perRoom }, i))).catch(() => undefined)
      if (!line) {
        await pause(200 + Math.random() * 800)
        continue
      }
      try {
        await dialect.welcome(line)
        line.say(
          JSON.stringify({
            type: 'open',
            ref: 1,
            rooms: [{ room: roomOf({ rooms, perRoom }, i), after: cursors.get(roomOf({ rooms, perRoom }, i)) }],
          }),
        )
        const answer = Buffer.from(await line.next((text) => (text.startsWith('{"type":"ok","ref":1,') ? text : undefined)))
        let heard = 0
        eachMark(answer, 0, answer.length, () => heard++)
        return heard
      } finally {
        line.leave()
      }
    }
  }
}

/** Posts what will have been missed. Returns the last seq of each room before it. */
async function postMissed(
  { rooms, perRoom, missed }: Pick<Storm, 'rooms' | 'perRoom' | 'missed'>,
  { target, dialect }: Stage,
): Promise<Map<string, number>> {
  const cursors = new Map<string, number>()
  let n = 0
  for (const [r, room] of rooms.entries()) {
    const line = await Line.dial(target, dialect.wish(r * perRoom, room))
    await dialect.welcome(line)
    for (let k = 0; k < missed; k++, n++) {
      line.say(dialect.post(room, n, markedText({ sender: 0, n, at: 0 }, 100)))
      const seq = await line.next((text) => /^\{"type":"ok",.*"seq":(\d+)/.exec(text)?.[1])
      if (k === 0) cursors.set(room, Number(seq) - 1)
    }
    line.leave()
  }
  return cursors
}

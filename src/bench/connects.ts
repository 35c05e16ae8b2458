import { setTimeout as pause } from 'node:timers/promises'
import { Line } from '../outside/line.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Connects {
  /** Connections made one after another by each of these. */
  atOnce: number
  /** Goes on with the TLS session of the connection before: no certificate is sent or checked. */
  resumed: boolean
  room: string
  /** ms before the measured time, and ms of it. */
  warm: number
  measure: number
}

/** Dials, is let in and welcomed, and leaves; again and again. */
export async function connect(
  { atOnce, resumed, room, warm, measure }: Connects,
  { target, dialect, progress, window }: Stage,
): Promise<Figures> {
  let measuring = false
  let goesOn = true
  let next = 0
  let made = 0
  let reused = 0
  const durations = new Durations()

  async function guest(): Promise<void> {
    let session: Buffer | undefined
    const keep = (given: Buffer) => {
      session = given
    }
    while (goesOn) {
      const i = next++
      const began = performance.now()
      const line = await Line.dial(target, { ...dialect.wish(i, room), ...(resumed && { session, keepSession: keep }) })
      await dialect.welcome(line)
      if (measuring) {
        made++
        durations.add(performance.now() - began)
        if (line.socket.isSessionReused()) reused++
      }
      line.leave()
    }
  }

  progress('warming up')
  const guests = Promise.all(Array.from({ length: atOnce }, guest))
  await Promise.race([guests, pause(warm)])
  progress('measuring')
  await window(true)
  const watch = startWatch()
  measuring = true
  await Promise.race([guests, pause(measure)])
  measuring = false
  const { ms, ownCpu } = watch()
  await window(false)
  goesOn = false
  await guests
  return { connects: made, connectsPerSecond: (made / ms) * 1000, ...durations.figures(), resumed: made === 0 ? 0 : reused / made, ownCpu }
}

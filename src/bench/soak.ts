import { Line } from '../outside/line.ts'
import { markedText } from './marks.ts'
import { startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Soak {
  room: string
  /** How often somebody comes, opens the room, posts, hears it and goes. */
  times: number
  /** The first so many fill what is meant to be filled: caches, pools, compiled code. */
  warm: number
  atOnce: number
}

/** People come, say something and go, for a long time: whatever is left of each adds up. How much is for whoever sees the server to say. */
export async function soak({ room, times, warm, atOnce }: Soak, { target, dialect, progress, window }: Stage): Promise<Figures> {
  let next = 0
  async function visit(i: number): Promise<void> {
    const line = await Line.dial(target, dialect.wish(i, room))
    await dialect.welcome(line)
    await dialect.open(line, room)
    const words = markedText({ sender: 0, n: i, at: 0 }, 100)
    const own = words.slice(0, words.lastIndexOf('~') + 1)
    line.say(dialect.post(room, i, words))
    const heard = await line.next((text) => (text.includes(own) || text.startsWith('{"type":"refused"') ? text : undefined))
    if (!heard.includes(own)) throw new Error(`A post was refused: ${heard.slice(0, 200)}`)
    line.leave()
  }
  async function visitUntil(end: number): Promise<void> {
    const guest = async () => {
      while (next < end) await visit(next++)
    }
    await Promise.all(Array.from({ length: atOnce }, guest))
  }
  progress(`${warm} come and go first`)
  await visitUntil(warm)
  await window(true)
  const watch = startWatch()
  progress(`${times} come and go`)
  await visitUntil(warm + times)
  const { ms, ownCpu } = watch()
  await window(false)
  return { visits: times, visitsPerSecond: (times / ms) * 1000, ownCpu }
}

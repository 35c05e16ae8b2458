import { setTimeout as pause } from 'node:timers/promises'
import { gather } from './crowd.ts'
import { startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Idle {
  rooms: readonly string[]
  perRoom: number
  /** ms in which nobody says anything. */
  measure: number
}

/** Many who only listen, and nothing to hear. What they cost is for whoever sees the server to say, from before the first to the end. */
export async function idle({ rooms, perRoom, measure }: Idle, { target, dialect, progress, window }: Stage): Promise<Figures> {
  const size = rooms.length * perRoom
  const roomOf = (i: number) => rooms[Math.floor(i / perRoom)] as string
  const came = startWatch()
  const lines = await gather({
    target,
    dialect,
    size,
    roomOf,
    progress: (made) => made % 500 === 0 && progress(`${made} of ${size} are in`),
  })
  const { ms } = came()
  let lost = 0
  for (const line of lines) line.ended = () => void lost++
  progress('nobody says anything')
  await window(true)
  const watch = startWatch()
  await pause(measure)
  const { ownCpu } = watch()
  await window(false)
  for (const line of lines) line.ended = () => undefined
  for (const line of lines) line.leave()
  return { connections: size, gatheredPerSecond: (size / ms) * 1000, lost, ownCpu }
}

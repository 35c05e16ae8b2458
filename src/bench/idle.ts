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
export async function idle({ rooms, perRoom, measure }: Idle, stage: Stage): Promise<Figures> {
  const { progress, window } = stage
  const size = rooms.length * perRoom
  const came = startWatch()
  const lines = await gather({ rooms, perRoom }, stage)
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

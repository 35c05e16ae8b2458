import { Line } from '../outside/line.ts'
import type { Stage } from './task.ts'

interface Asked {
  rooms: readonly string[]
  perRoom: number
  /** They do not open their rooms. */
  silent?: boolean
}

/** The room of the nth connection: the first so many are in the first. */
export const roomOf = ({ rooms, perRoom }: Pick<Asked, 'rooms' | 'perRoom'>, i: number): string => rooms[Math.floor(i / perRoom)] as string

/** Connections that are being made at a time. */
const atOnce = 32

/** Many connections, each in its room. Their order is that of `i`. @throws what the first that failed met. */
export async function gather(asked: Asked, { target, dialect, progress }: Pick<Stage, 'target' | 'dialect' | 'progress'>): Promise<Line[]> {
  const size = asked.rooms.length * asked.perRoom
  const lines: Line[] = []
  let next = 0
  let made = 0
  let failed: unknown
  async function worker(): Promise<void> {
    while (next < size && failed === undefined) {
      const i = next++
      try {
        const room = roomOf(asked, i)
        const line = await Line.dial(target, dialect.wish(i, room))
        lines[i] = line
        await dialect.welcome(line)
        if (!asked.silent) await dialect.open(line, room)
        if (++made % 500 === 0) progress(`${made} of ${size} are in`)
      } catch (error) {
        failed ??= error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, size) }, worker))
  if (failed === undefined) return lines
  for (const line of lines) line?.leave()
  throw failed
}

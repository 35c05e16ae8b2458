import type { Dialect } from './dialect.ts'
import { Line, type Target } from './line.ts'

interface Asked {
  target: Target
  dialect: Dialect
  /** Connections in all. */
  size: number
  roomOf: (i: number) => string
  /** They do not open their rooms. */
  silent?: boolean
  progress?: (made: number) => void
}

/** Connections that are being made at a time. */
const atOnce = 32

/** Many connections, each in its room. Their order is that of `i`. @throws what the first that failed met. */
export async function gather({ target, dialect, size, roomOf, silent = false, progress = () => undefined }: Asked): Promise<Line[]> {
  const lines: Line[] = []
  let next = 0
  let made = 0
  let failed: unknown
  async function worker(): Promise<void> {
    while (next < size && failed === undefined) {
      const i = next++
      try {
        const line = await Line.dial(target, dialect.wish(i, roomOf(i)))
        lines[i] = line
        await dialect.welcome(line)
        if (!silent) await dialect.open(line, roomOf(i))
        progress(++made)
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

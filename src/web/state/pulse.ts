import { signal } from '@preact/signals'
import { client, line } from './chat.ts'

const every = 5_000
const kept = 24

/** Round trips in ms, oldest first. Measured only while somebody looks. */
export const trips = signal<readonly number[]>([])

/** @returns the way to stop measuring. */
export function measure(): () => void {
  const once = async () => {
    if (line.peek().state !== 'live') return
    const began = performance.now()
    const answered = await client
      .peek()
      ?.request('ping', {})
      .catch(() => undefined)
    if (answered !== undefined) trips.value = [...trips.peek(), performance.now() - began].slice(-kept)
  }
  void once()
  const timer = setInterval(() => void once(), every)
  return () => clearInterval(timer)
}

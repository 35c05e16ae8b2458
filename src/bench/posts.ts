import { setTimeout as pause } from 'node:timers/promises'
import { gather } from './crowd.ts'
import { markedText } from './marks.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Posts {
  /** One for each connection, which alone writes in it. */
  rooms: readonly string[]
  /** Posts of one connection that wait for their answer at a time. */
  inFlight: number
  textBytes: number
  warm: number
  measure: number
}

/** Posts that are acknowledged, which is to say on disk, and nobody else to read them. */
export async function post({ rooms, inFlight, textBytes, warm, measure }: Posts, stage: Stage): Promise<Figures> {
  const { dialect, progress, window } = stage
  const lines = await gather({ rooms, perRoom: 1, silent: true }, stage)
  const durations = new Durations()
  const begun = new Map<number, number>()
  let posted = 0
  let acknowledged = 0
  let refused = 0
  let measuring = false
  let goesOn = true
  const say = (i: number) => {
    const n = posted++
    begun.set(n, performance.now())
    lines[i]?.say(dialect.post(rooms[i] as string, n, markedText({ sender: i, n, at: 0 }, textBytes)))
  }
  lines.forEach((line, i) => {
    line.heard = (bytes, from, to) => {
      const answer = dialect.answered?.(bytes, from, to)
      if (answer === undefined) return
      if (measuring) {
        acknowledged++
        durations.add(performance.now() - (begun.get(answer.n) ?? Number.NaN))
      }
      if (!answer.ok) refused++
      begun.delete(answer.n)
      if (goesOn) say(i)
    }
    for (let k = 0; k < inFlight; k++) say(i)
  })
  progress('warming up')
  await pause(warm)
  progress('measuring')
  await window(true)
  const watch = startWatch()
  measuring = true
  await pause(measure)
  measuring = false
  const { ms, ownCpu } = watch()
  await window(false)
  goesOn = false
  for (const until = performance.now() + 10_000; begun.size > 0 && performance.now() < until; ) await pause(10)
  for (const line of lines) line.leave()
  return { posts: acknowledged, postsPerSecond: (acknowledged / ms) * 1000, ...durations.figures(), missing: begun.size, refused, ownCpu }
}

import { setTimeout as pause } from 'node:timers/promises'
import type { Line } from '../outside/line.ts'
import { pace } from './chorus.ts'
import { gather } from './crowd.ts'
import { eachMark, markedText } from './marks.ts'
import { Score } from './score.ts'
import type { Figures, Stage } from './task.ts'

export interface SlowReader {
  room: string
  /** All of them, the slow one included. */
  readers: number
  perSecond: number
  textBytes: number
  warm: number
  /** ms of each half: while all read, and while one has stopped. */
  measure: number
}

/** Posts of this many bytes are what the slow reader asks to have again and again, until nothing more fits into its line. */
const filling = { posts: 60, textBytes: 3900, pages: 80, refs: 2_000_000_000 }
/** ms in which the slow reader has to have caught up. */
const catchUp = 20_000

/** One among many stops reading, with its line full. What the others notice, and whether it gets everything when it goes on. */
export async function readSlowly({ room, readers, perSecond, textBytes, warm, measure }: SlowReader, stage: Stage): Promise<Figures> {
  const { dialect, progress, window } = stage
  const lines = await gather({ rooms: [room], perRoom: readers }, stage)
  const [speaker, slow] = [lines[0], lines.at(-1)] as [Line, Line]
  const score = new Score({ perRoom: readers, size: readers })
  let goesOn = true
  const post = (due: number, bytes = textBytes) => {
    const n = score.begin()
    speaker.say(dialect.post(room, n, markedText({ sender: 0, n, at: due * 1000 }, bytes)))
  }
  lines.forEach((line, i) => {
    line.ended = (code) => score.lost(i, code)
    line.heard = (bytes, from, to) => {
      const answer = dialect.answered?.(bytes, from, to)
      if (answer?.ok === false) score.refuse(answer.n)
      else if (!answer) eachMark(bytes, from, to, (sender, n, at) => score.hear(i, sender, n, at)) // not those of a page of history
    }
  })
  try {
    for (let n = 0; n < filling.posts; n++) post(performance.now(), filling.textBytes)
    await score.settled(catchUp)
    const pacing = pace(perSecond, post, () => goesOn)
    progress('warming up')
    await pause(warm)
    progress('all read')
    const undisturbed = score.measure()
    await pause(measure)
    const before = undisturbed()
    progress('one has stopped reading')
    slow.socket.pause()
    for (let n = 0; n < filling.pages; n++)
      slow.say(JSON.stringify({ type: 'history', ref: filling.refs + n, room, before: filling.posts, limit: 50 }))
    await window(true)
    const disturbed = score.measure()
    await pause(measure)
    const during = disturbed()
    await window(false)
    slow.socket.resume()
    goesOn = false
    await pacing
    const { p50: p50Before = Number.NaN, p99: p99Before = Number.NaN } = before
    return { ...during, p50Before, p99Before, p99Change: (during.p99 ?? Number.NaN) / p99Before, ...(await score.settled(catchUp)) }
  } finally {
    for (const line of lines) {
      line.ended = () => undefined
      line.leave()
    }
  }
}

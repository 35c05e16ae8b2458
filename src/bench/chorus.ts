import { setTimeout as pause } from 'node:timers/promises'
import type { Line } from '../outside/line.ts'
import { gather, roomOf } from './crowd.ts'
import { eachMark, markedText } from './marks.ts'
import { Score } from './score.ts'
import type { Figures, Stage } from './task.ts'

export interface Chorus {
  rooms: readonly string[]
  /** Connections in each room; all of them read. */
  perRoom: number
  /** Who posts: one connection, all in turn (those of one room one after another, as in a conversation), or any of them by chance. */
  senders: 'one' | 'all' | 'any'
  /**
   * Posts that are on their way at a time (a closed loop: another goes when a whole audience has one), or posts a second,
   * whatever comes back (an open one: the delay counts from when a post was due, so that a stall is not hidden).
   */
  load: { inFlight: number } | { perSecond: number }
  /** bytes of a text. */
  textBytes: number
  /** ms before the measured time, and ms of it. */
  warm: number
  measure: number
}

/** ms in which what was posted has to reach everybody after the run. */
const catchUp = 10_000

/** Rooms in which people post while everybody reads. What was posted is accounted for, to the last delivery. */
export async function sing(chorus: Chorus, stage: Stage): Promise<Figures> {
  const { dialect, progress, window } = stage
  const { rooms, perRoom, senders, load, textBytes, warm, measure } = chorus
  const size = rooms.length * perRoom
  const lines = await gather(chorus, stage)
  const score = new Score({ perRoom, size })
  let goesOn = true
  const post = (due = performance.now()) => {
    const i = senders === 'one' ? 0 : senders === 'all' ? score.posted % size : Math.floor(Math.random() * size)
    const n = score.begin()
    lines[i]?.say(dialect.post(roomOf(chorus, i), n, markedText({ sender: i, n, at: due * 1000 }, textBytes)))
  }
  lines.forEach((line: Line, i) => {
    line.ended = (code) => score.lost(i, code)
    line.heard = (bytes, from, to) => {
      eachMark(bytes, from, to, (sender, n, at) => score.hear(i, sender, n, at))
      const answer = dialect.answered?.(bytes, from, to)
      if (answer?.ok === false) score.refuse(answer.n)
      dialect.notice?.(line, bytes, from, to)
    }
  })
  try {
    const pacing = 'perSecond' in load ? pace(load.perSecond, post, () => goesOn) : undefined
    const inFlight = 'inFlight' in load ? Math.min(load.inFlight, dialect.mostInFlight ?? load.inFlight) : 0
    if (inFlight > 0) score.complete = () => goesOn && post()
    for (let i = 0; i < inFlight; i++) post()
    progress('warming up')
    await pause(warm)
    progress('measuring')
    await window(true)
    const measured = score.measure()
    await pause(measure)
    const figures = measured()
    await window(false)
    goesOn = false
    await pacing
    return { ...figures, ...(inFlight > 0 && { inFlight }), ...(await score.settled(catchUp)) }
  } finally {
    for (const line of lines) {
      line.ended = () => undefined
      line.leave()
    }
  }
}

/** Posts when they are due; late ones keep the time at which they were. */
export async function pace(perSecond: number, post: (due: number) => void, goesOn: () => boolean): Promise<void> {
  let due = performance.now()
  for (; goesOn(); await pause(1)) {
    for (; due <= performance.now(); due += 1000 / perSecond) post(due)
  }
}

import { Line } from '../outside/line.ts'
import { markedText } from './marks.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Pages {
  room: string
  /** Messages in the room. */
  messages: number
  /** How often each thing is done. */
  times: number
}

/** What a person does in a room with a long history, one thing at a time: come in, open it, page back to anywhere, post. */
export async function leaf({ room, messages, times }: Pages, { target, dialect, progress, window }: Stage): Promise<Figures> {
  const [welcome, open, page, post] = [new Durations(), new Durations(), new Durations(), new Durations()]
  await window(true)
  const watch = startWatch()
  for (let i = 0; i < times; i++) {
    if (i % 100 === 0) progress(`${i} of ${times} times`)
    const line = await Line.dial(target, dialect.wish(i, room))
    const timed = async (durations: Durations, act: () => Promise<unknown>) => {
      const began = performance.now()
      await act()
      durations.add(performance.now() - began)
    }
    const answered = (ref: number) => line.next((text) => text.startsWith(`{"type":"ok","ref":${ref}`) || undefined)
    await timed(welcome, () => dialect.welcome(line))
    await timed(open, () => dialect.open(line, room))
    const before = 1 + Math.floor(Math.random() * messages)
    await timed(page, () => {
      line.say(JSON.stringify({ type: 'history', ref: 2_000_000_000, room, before, limit: 50 }))
      return answered(2_000_000_000)
    })
    await timed(post, () => {
      line.say(dialect.post(room, i, markedText({ sender: 0, n: i, at: 0 }, 100)))
      return line.next((text) => text.startsWith('{"type":"ok"') || undefined)
    })
    line.leave()
  }
  const { ownCpu } = watch()
  await window(false)
  const of = (name: string, durations: Durations) => {
    const { p50, p99 } = durations.figures()
    return { [`${name}P50`]: p50, [`${name}P99`]: p99 }
  }
  return { times, ...of('welcome', welcome), ...of('open', open), ...of('page', page), ...of('post', post), ownCpu }
}

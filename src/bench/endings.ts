import { once } from 'node:events'
import { Agent } from 'node:https'
import { ask, type Person, signIn } from '../outside/ask.ts'
import { Line } from '../outside/line.ts'
import { eachMark, markedText } from './marks.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface Endings {
  /** Whose logins are ended; all connections are theirs. */
  person: Person
  room: string
  /** Logins with a connection each, which are ended one after another. */
  logins: number
  /** Posts a second in the room meanwhile. */
  perSecond: number
}

/** A person ends their other logins, one by one, while people talk: how long until the call returns, until the socket is closed, and what still came after. */
export async function endLogins(
  { person, room, logins, perSecond }: Endings,
  { target, dialect, progress, window }: Stage,
): Promise<Figures> {
  const agent = new Agent({ keepAlive: true })
  const { cookie, csrf } = await signIn(target, person, agent)
  const headers = {
    Cookie: cookie,
    'X-Parley-CSRF': csrf,
    Origin: `https://${target.servername}:${target.port}`,
    'Sec-Fetch-Site': 'same-origin',
  }
  const guests: { line: Line; login: string }[] = []
  for (let i = 0; i <= logins; i++) {
    const line = await Line.dial(target, dialect.wish(i, room))
    const login = /"login":\{"id":"([\w-]+)"/.exec(await dialect.welcome(line))?.[1] ?? ''
    await dialect.open(line, room)
    guests.push({ line, login })
    if (i % 100 === 0) progress(`${i} of ${logins} are in`)
  }
  const [speaker, ...others] = guests as [(typeof guests)[number], ...typeof guests]
  let n = 0
  const speaking = setInterval(
    () => speaker.line.say(dialect.post(room, n, markedText({ sender: 0, n: n++, at: 0 }, 100))),
    1000 / perSecond,
  )
  const [returned, closed] = [new Durations(), new Durations()]
  let heardAfter = 0
  await window(true)
  const watch = startWatch()
  try {
    for (const { line, login } of others) {
      let isOver = false
      line.heard = (bytes, from, to) => eachMark(bytes, from, to, () => isOver && heardAfter++)
      const gone = once(line.socket, 'close')
      const began = performance.now()
      const { status } = await ask(target, { method: 'DELETE', path: `/api/v1/logins/${login}`, headers, agent })
      isOver = true
      returned.add(performance.now() - began)
      if (status !== 200) throw new Error(`A login could not be ended: HTTP ${status}`)
      await gone
      closed.add(performance.now() - began)
    }
    const { ms, ownCpu } = watch()
    await window(false)
    const [call, close] = [returned.figures(), closed.figures()]
    return {
      endings: others.length,
      endingsPerSecond: (others.length / ms) * 1000,
      ...call,
      closeP50: close.p50,
      closeP99: close.p99,
      heardAfter,
      ownCpu,
    }
  } finally {
    clearInterval(speaking)
    for (const { line } of guests) line.leave()
    agent.destroy()
  }
}

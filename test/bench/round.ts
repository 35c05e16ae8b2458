import { join } from 'node:path'
import type { Figures, Task } from '../../src/bench/task.ts'
import type { Pair } from '../support/premises.ts'
import type { Job, Said } from './generator.ts'
import { cpuOf, memoryOf, startOn, stop } from './processes.ts'
import { roomy, type Seeded } from './seed.ts'
import { type SubjectName, startSubject } from './subjects.ts'
import type { Watched } from './watch.ts'

interface Asked {
  subject: SubjectName
  task: Task
  seeded: Seeded
  pair: Pair & { ca: string }
  profile?: string | undefined
  beside?: string | undefined
  /** Memory is swept up before it is looked at. */
  collect?: boolean
  /** ms between two looks at the loop. */
  lookEvery?: number
  progress: (words: string) => void
}

/** One subject, started fresh, doing one task once. What only who sees the server can know is added to what the load has measured. */
export async function playRound({
  subject: name,
  task,
  seeded,
  pair,
  profile,
  beside,
  collect = false,
  lookEvery: every = 1,
  progress,
}: Asked): Promise<Figures> {
  const env = { ...roomy, PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0' }
  const subject = await startSubject(name, { pair, seeded, env, profile, beside })
  const load = startOn('load', [join(import.meta.dirname, 'generator.ts')])
  const before = memoryOf(subject.pid)
  const look = async (watch: 'begin' | 'end'): Promise<Look> => {
    const watched = await subject.watch?.({ watch, every, collect })
    return { cpu: cpuOf(subject.pid), at: performance.now(), memory: memoryOf(subject.pid), ...(watched && { watched }) }
  }
  try {
    return await new Promise<Figures>((resolve, reject) => {
      let begin: Promise<Look> | undefined
      let end: Promise<Look> | undefined
      load.once('exit', () => reject(new Error(`${name}: the load ended without a word.`)))
      load.on('message', (said: Said) => {
        if ('failed' in said) reject(new Error(`${name}: ${said.failed}`))
        else if ('progress' in said) progress(said.progress)
        else if ('window' in said) {
          if (said.window) begin = look('begin')
          else end = look('end')
        } else {
          load.removeAllListeners('exit') // it has said all; the server may still be sweeping up
          Promise.all([begin, end]).then(
            ([from, to]) => resolve({ ...said.figures, ...seenFromOutside(said.figures, before, from, to) }),
            reject,
          )
        }
      })
      const job: Job = { subject: name, port: subject.port, ca: pair.ca, tokens: seeded.tokens, task }
      load.send(job)
    })
  } finally {
    await Promise.all([stop(load), subject.stop()])
  }
}

/** What a server looks like at one end of the measured time. */
interface Look {
  cpu: number
  at: number
  memory: number
  watched?: Watched
}

function seenFromOutside(figures: Figures, before: number, from?: Look, to?: Look): Figures {
  if (!from || !to) return {}
  const { deliveries, connections } = figures
  const cpu = to.cpu - from.cpu
  return {
    cpu: cpu / ((to.at - from.at) / 1000),
    memory: to.memory,
    ...(deliveries ? { microsPerDelivery: (cpu * 1e6) / deliveries } : {}),
    ...(connections ? { memoryPerConnection: (to.memory - before) / connections } : {}),
    ...(from.watched && to.watched && { ...to.watched, heapGrown: to.watched.heap - from.watched.heap }),
  }
}

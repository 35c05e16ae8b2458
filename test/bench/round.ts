import { join } from 'node:path'
import type { Figures, Task } from '../../src/bench/task.ts'
import type { Job, Said } from './generator.ts'
import { cpuOf, memoryOf, startOn, stop } from './processes.ts'
import { type Pair, roomy, type Seeded } from './seed.ts'
import { type SubjectName, startSubject } from './subjects.ts'

interface Asked {
  subject: SubjectName
  task: Task
  seeded: Seeded
  pair: Pair & { ca: string }
  profile?: string | undefined
  progress: (words: string) => void
}

/** One subject, started fresh, doing one task once. What only who sees the server can know is added to what the load has measured. */
export async function playRound({ subject: name, task, seeded, pair, profile, progress }: Asked): Promise<Figures> {
  const env = { ...roomy, PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0' }
  const subject = await startSubject(name, { pair, seeded, env, profile })
  const load = startOn('load', [join(import.meta.dirname, 'generator.ts')])
  try {
    const before = memoryOf(subject.pid)
    return await new Promise<Figures>((resolve, reject) => {
      let window = { cpu: 0, at: 0, memory: before }
      load.once('exit', () => reject(new Error(`${name}: the load ended without a word.`)))
      load.on('message', (said: Said) => {
        if ('failed' in said) reject(new Error(`${name}: ${said.failed}`))
        else if ('progress' in said) progress(said.progress)
        else if ('figures' in said) resolve({ ...said.figures, ...seenFromOutside(said.figures, before, window) })
        else {
          const now = { cpu: cpuOf(subject.pid), at: performance.now(), memory: memoryOf(subject.pid) }
          window = said.window ? now : { cpu: now.cpu - window.cpu, at: now.at - window.at, memory: now.memory }
        }
      })
      const job: Job = { subject: name, port: subject.port, ca: pair.ca, tokens: seeded.tokens, task }
      load.send(job)
    })
  } finally {
    await Promise.all([stop(load), subject.stop()])
  }
}

function seenFromOutside(figures: Figures, before: number, { cpu, at, memory }: { cpu: number; at: number; memory: number }): Figures {
  const { deliveries, connections } = figures
  return {
    cpu: cpu / (at / 1000),
    memory,
    ...(deliveries ? { microsPerDelivery: (cpu * 1e6) / deliveries } : {}),
    ...(connections ? { memoryPerConnection: (memory - before) / connections } : {}),
  }
}

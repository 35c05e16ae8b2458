import { createSecureContext } from 'node:tls'
import { type Dialect, parleyDialect } from '../../src/bench/dialect.ts'
import { type Figures, perform, type Task } from '../../src/bench/task.ts'
import { bareDialect, socketIoDialect, xmppDialect } from './dialects.ts'
import { isParley, isXmpp, type SubjectName } from './subjects.ts'

/** What the process that makes the load is told, once. */
export interface Job {
  subject: SubjectName
  port: number
  ca: string
  tokens: string[]
  task: Task
}
/** What it says meanwhile and at the end. */
export type Said = { window: boolean } | { figures: Figures } | { failed: string } | { progress: string }

const say = (said: Said) => new Promise<void>((resolve) => process.send?.(said, undefined, undefined, () => resolve()))
function dialectOf({ subject, tokens }: Job): Dialect {
  if (isParley(subject)) return parleyDialect(tokens)
  if (isXmpp(subject)) return xmppDialect()
  return subject === 'socket.io' ? socketIoDialect : bareDialect
}

process.once('message', async (job: Job) => {
  const target = { host: '127.0.0.1', port: job.port, servername: 'localhost', secureContext: createSecureContext({ ca: job.ca }) }
  const stage = {
    target,
    dialect: dialectOf(job),
    progress: (words: string) => void say({ progress: words }),
    window: (on: boolean) => say({ window: on }),
  }
  try {
    await say({ figures: await perform(job.task, stage) })
  } catch (error) {
    await say({ failed: error instanceof Error ? error.message : String(error) })
  }
  process.exit()
})

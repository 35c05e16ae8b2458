import { createSecureContext } from 'node:tls'
import { Checker, type Report } from '../../src/check/checker.ts'
import { chance } from '../gateway/chance.ts'

/** What the process that checks is told, first. */
export interface Job {
  ports: number[]
  ca: string
  tokens: readonly string[]
  doomed: readonly string[]
  rooms: number
  window: number
  patience: number
  quiet: number
  seed: number
}
/** What it is asked afterwards. */
export type Question =
  | { ask: 'expel' | 'readmit' | 'doomedLogin' | 'now' | 'finish' }
  | { ask: 'ended'; login: string }
  | { ask: 'dawdle'; ms: number }
  | { ask: 'storm'; size: number }
  | { ask: 'forgive'; since: number }
export type Asked = Question & { n: number }
/** What it says: how much was acknowledged so far, and its answers. */
export type Said = { acknowledged: number } | { n: number; answer?: unknown; failed?: string }
export type { Report }

/** ms between two reports of how far it is. */
const every = 25
const say = (said: Said) => void (process.connected && process.send?.(said, undefined, undefined, () => undefined))

process.once('message', async (job: Job) => {
  const { ports, ca, seed, ...rest } = job
  const secureContext = createSecureContext({ ca: ca.split(/(?<=-----END CERTIFICATE-----)\n/).filter((one) => one.trim()) })
  const targets = ports.map((port) => ({ host: '127.0.0.1', port, servername: 'localhost', secureContext }))
  const { below } = chance(seed)
  const checker = new Checker({ ...rest, targets, random: () => below(1_000_000) / 1_000_000 })

  async function answer(asked: Question): Promise<unknown> {
    switch (asked.ask) {
      case 'ended':
        return checker.ended(asked.login)
      case 'dawdle':
        return checker.dawdle(asked.ms)
      case 'storm':
        return checker.storm(asked.size)
      case 'forgive':
        return checker.forgive(asked.since)
      default:
        return checker[asked.ask]()
    }
  }

  process.on('message', (asked: Asked) => {
    answer(asked).then(
      (given) => say({ n: asked.n, answer: given }),
      (error: Error) => say({ n: asked.n, failed: error.message }),
    )
  })
  setInterval(() => say({ acknowledged: checker.acknowledged }), every).unref()
  await checker.start().then(
    () => say({ n: 0 }),
    (error: Error) => say({ n: 0, failed: error.message }),
  )
})
process.on('disconnect', () => process.exit())

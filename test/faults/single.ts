import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDevelopmentPair } from '../../src/tls/development-ca.ts'
import { roomy } from '../bench/seed.ts'
import type { Deployment } from './deployment.ts'
import { Node } from './node.ts'
import { furnish } from './seed.ts'

/** Deadlines as an impatient operator sets them: what is half open is found within a round. */
export const impatient = {
  PARLEY__TIMEOUTS__PING: '1s',
  PARLEY__TIMEOUTS__PONG: '1s',
  PARLEY__TIMEOUTS__DRAIN: '2s',
  PARLEY__LOG__LEVEL: 'warn',
}

interface Asked {
  /** Logins that may be ended. */
  doomed: number
  env?: Record<string, string>
}

/** One node over SQLite, in a folder of its own. */
export async function startSingle({ doomed, env = {} }: Asked): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-faults-'))
  const clear = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.once('exit', clear) // also when somebody has stopped the run
  const made = await Promise.all([1, 2, 3].map(() => makeDevelopmentPair(Date.now())))
  const [first, ...pairs] = made
  if (!first) throw new Error('no pair')
  const settings = { ...roomy, ...impatient, ...env }
  const people = await furnish({ folder, env: settings, pair: first, doomed })
  const node = await Node.make({ name: 'one', folder, env: settings })
  await node.start()
  return {
    ...{ kind: 'sqlite', nodes: [node], ca: made.map(({ ca }) => ca).join('\n'), pairs, ...people },
    async close() {
      await node.close()
      process.off('exit', clear)
      clear()
    },
  }
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Config, ConfigFaults, type Reading } from '../../config.ts'
import { Refusal } from '../../protocol/codes.ts'
import type { Tell } from '../act.ts'
import type { ActInput, ActName, ActResult } from '../acts.ts'
import { connectAdmin } from '../admin-client.ts'
import { ownStore, StoreTaken } from '../owner.ts'
import { checkUser } from '../store-user.ts'
import type { Loaders } from './program.ts'

/**
 * Has an act done: by the server when one runs, else here, on the store itself.
 * @param options.untilGone waits, after the answer, for the server to end.
 * @param options.tell hears how far a long act is.
 * @throws Refusal · StoreTaken · ConfigFaults · NoAnswer
 */
export type Ask = <N extends ActName>(act: N, input: ActInput<N>, options?: { untilGone?: boolean; tell?: Tell }) => Promise<ActResult<N>>

interface Deps {
  read: () => Reading
  load: Pick<Loaders, 'house'>
  /** Where data lies unless the configuration says otherwise. */
  usualDir: string
  say: (words: string) => void
}

interface Asked {
  act: ActName
  input: unknown
  tell: Tell | undefined
}

/** Acts about the server, which nobody else can do. */
const ofServer: readonly ActName[] = ['status', 'reload', 'drain']

/** ms that a command waits for another one, or for a server that is just starting or ending. */
const patience = 10_000
const retry = 100

export function createAsk({ read, load, usualDir, say }: Deps): Ask {
  async function ask(
    act: ActName,
    input: unknown,
    { untilGone = false, tell }: { untilGone?: boolean; tell?: Tell } = {},
  ): Promise<unknown> {
    let config: Config
    try {
      config = read().config
    } catch (faults) {
      return inSpiteOf(faults, { act, input, tell })
    }
    const until = performance.now() + patience
    for (;;) {
      const client = await connectAdmin(join(config.data.dir, 'parley.sock'))
      if (client) {
        try {
          const result = await client.ask(act, input, tell)
          if (untilGone) {
            await client.gone()
            await storeIsFree(config)
          }
          return result
        } finally {
          client.close()
        }
      }
      try {
        return await workAlone(config, { act, input, tell }, load)
      } catch (error) {
        if (!(error instanceof StoreTaken) || performance.now() > until) throw error
        await pause(retry)
      }
    }
  }
  /** A slip in a file must not keep anybody from ending a login: the server that runs has read it when it was still whole. */
  async function inSpiteOf(faults: unknown, { act, input, tell }: Asked): Promise<unknown> {
    // To a reload the slip is the answer.
    const mayGoOn = faults instanceof ConfigFaults && act !== 'reload'
    const client = mayGoOn ? await connectAdmin(join(usualDir, 'parley.sock')) : undefined
    if (!client) throw faults
    say('The configuration has faults (see: parley config check). The server that runs was asked all the same.')
    try {
      return await client.ask(act, input, tell)
    } finally {
      client.close()
    }
  }

  // What comes is what this very act gave, on the other side of the socket or here.
  return ask as Ask
}

/** The socket closes a little before the store. When somebody has started the next server already, the old one has ended all the same. */
async function storeIsFree(config: Config): Promise<void> {
  try {
    const ownership = await ownStore(config, { patience })
    ownership.release()
  } catch (error) {
    if (!(error instanceof StoreTaken)) throw error
  }
}

async function workAlone(config: Config, { act, input, tell }: Asked, load: Pick<Loaders, 'house'>): Promise<unknown> {
  const nobody = new Refusal('unavailable', `No server is running on ${config.data.dir}.`)
  if (ofServer.includes(act) && !existsSync(config.data.dir)) throw nobody
  checkUser(config)
  const ownership = await ownStore(config, { patience: 0 })
  try {
    if (ofServer.includes(act)) throw nobody
    return await withHouse(config, { act, input, tell }, load)
  } finally {
    ownership.release()
  }
}

/** Loaded only here: what a house is made of takes longer to read than all else together. */
async function withHouse(config: Config, { act, input, tell }: Asked, load: Pick<Loaders, 'house'>): Promise<unknown> {
  const [{ openHouse, systemClock }, { acts, perform }, { createLog }] = await Promise.all([
    load.house(),
    import('../acts.ts'),
    import('../../log.ts'),
  ])
  // The person sees what was done; the log is for what goes wrong on the way.
  const log = createLog({ level: 'warn' })
  const house = await openHouse({
    config: () => config,
    log,
    clock: systemClock,
    announce: async () => ({ connections: 0, unconfirmed: 0 }),
    onFatal: (err) => {
      log.fatal({ event: 'sys_crash', err }, 'The store has failed')
      process.exit(1)
    },
  })
  try {
    return await perform(acts, { act, input }, { house, tell })
  } finally {
    await house.close()
  }
}

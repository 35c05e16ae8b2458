import { join } from 'node:path'
import type { Config, StorePlace } from '../config.ts'
import type { moving, restoring } from '../house.ts'
import type { StoreFacts } from '../store/inspection.ts'
import type { Tell } from './act.ts'
import { connectAdmin } from './admin-client.ts'
import { ownStore } from './owner.ts'
import { checkUser } from './store-user.ts'

type Restoring = typeof restoring

interface Asked {
  config: Config
  moving: typeof moving
  from: Extract<StorePlace, { kind: 'sqlite' }>
  to: Extract<StorePlace, { kind: 'postgres' }>['place']
  tell: Tell
}

/**
 * Moves a store that nobody works with from its file into PostgreSQL.
 * @throws StoreTaken · NotAStore · UnfitDatabase · Error in words: nothing was changed
 */
export async function move({ config, moving, from, to, tell }: Asked): Promise<StoreFacts> {
  return alone({ ...config, store: from }, () => moving.moveStore({ from: from.file, to, onMoved: (done, of) => tell({ done, of }) }))
}

/**
 * Makes a store that was put back from a copy by other means than `restore` safe to open again.
 * @throws StoreTaken · Error in words
 */
export const settle = (config: Config, { restoring, now }: { restoring: Restoring; now: () => number }) =>
  alone(config, () => restoring.settle({ config, now }))

/** While no server of this folder works on the store, and none can begin to. */
async function alone<T>(config: Config, work: () => Promise<T>): Promise<T> {
  const running = await connectAdmin(join(config.data.dir, 'parley.sock'))
  running?.close()
  if (running) throw new Error('A server is running here. Stop it first: parley drain')
  checkUser(config)
  const owner = await ownStore(config, { patience: 0 })
  try {
    return await work()
  } finally {
    owner.release()
  }
}

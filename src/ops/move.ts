import { join } from 'node:path'
import type { Config, StorePlace } from '../config.ts'
import type { moving } from '../house.ts'
import type { StoreFacts } from '../store/inspection.ts'
import type { Tell } from './act.ts'
import { connectAdmin } from './admin-client.ts'
import { ownStore } from './owner.ts'
import { checkUser } from './store-user.ts'

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
  const running = await connectAdmin(join(config.data.dir, 'parley.sock'))
  running?.close()
  if (running) throw new Error('A server is running here. Stop it first: parley drain')
  const given = { ...config, store: from }
  checkUser(given)
  const owner = await ownStore(given, { patience: 0 })
  try {
    return await moving.moveStore({ from: from.file, to, onMoved: (done, of) => tell({ done, of }) })
  } finally {
    owner.release()
  }
}

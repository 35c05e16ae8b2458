import { existsSync } from 'node:fs'
import { ownStore, StoreTaken } from '../owner.ts'
import { codeOf, fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** One owner of the store at a time, and that it is the server which answers. */
export const storeLockCheck: Check = {
  ids: ['D-STORE-LOCK'],
  at: 'home',
  async look({ config, server }) {
    if (!existsSync(config.data.dir)) return [good('D-STORE-LOCK', 'There is no store yet.')]
    try {
      const owner = await ownStore(config, { patience: 0 })
      owner.release()
      if (server === undefined) return [good('D-STORE-LOCK', 'Nobody works on the store.')]
      return [
        fault(
          'D-STORE-LOCK',
          `A server answers (pid ${server.pid}), but does not hold the lock of this store.`,
          'parley config show | grep -E "data|store"',
        ),
      ]
    } catch (error) {
      if (!(error instanceof StoreTaken)) return [warning('D-STORE-LOCK', `The lock of the store cannot be tried (${codeOf(error)}).`)]
      if (server !== undefined && (error.pid === undefined || error.pid === server.pid))
        return [good('D-STORE-LOCK', `The running server owns the store (pid ${server.pid}).`)]
      const who = error.pid === undefined ? 'Another process' : `The process ${error.pid}`
      return [
        fault(
          'D-STORE-LOCK',
          `${who} holds the store, but takes no orders on its admin socket.`,
          error.pid === undefined ? `fuser -v '${config.data.dir}/parley.lock'` : `ps -fp ${error.pid}`,
        ),
      ]
    }
  },
}

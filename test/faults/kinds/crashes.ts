import { randomBytes } from 'node:crypto'
import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { aWhile, type Fault, within } from '../fault.ts'
import type { Node } from '../node.ts'

const log = ({ folder }: Node) => join(folder, 'data/parley.db-wal')
const index = ({ folder }: Node) => join(folder, 'data/parley.db-shm')

/** What ends a process, or holds it, at any moment. */
export const crashes: Record<string, Fault> = {
  kill: {
    words: 'SIGKILL in the middle of a burst',
    async play({ node, chance }) {
      await aWhile({ chance }, 1 + chance.below(60))
      await node.kill()
      await node.start()
    },
  },
  'kill-at-start': {
    words: 'SIGKILL, and once more while it starts',
    async play({ node, chance }) {
      await node.kill()
      await node.begin()
      await aWhile({ chance }, 50 + chance.below(400))
      await node.kill()
      await node.start()
    },
  },
  'kill-torn': {
    words: 'SIGKILL, with the beginning of a write at the end of the log of the store',
    on: 'sqlite',
    async play({ node, chance }) {
      await node.kill()
      appendFileSync(log(node), randomBytes(1 + chance.below(20_000)))
      await node.start()
    },
  },
  'kill-index': {
    words: 'SIGKILL, and the index of the log of the store is gone',
    on: 'sqlite',
    async play({ node }) {
      await node.kill()
      rmSync(index(node), { force: true })
      await node.start()
    },
  },
  stop: {
    words: 'SIGSTOP for a while: as a machine that swaps, or a virtual one that is moved',
    async play({ node, chance }) {
      node.signal('SIGSTOP')
      await aWhile({ chance }, 200 + chance.below(600))
      node.signal('SIGCONT')
    },
  },
  stutter: {
    words: 'SIGSTOP and SIGCONT in quick turns: an event loop that stalls',
    async play({ node, chance }) {
      for (let i = 0; i < 10; i++) {
        node.signal('SIGSTOP')
        await aWhile({ chance }, 20)
        node.signal('SIGCONT')
        await aWhile({ chance }, 10)
      }
    },
  },
  drain: {
    words: 'SIGTERM, and started again: a new version is rolled out',
    async play({ node }) {
      await within('the drained server ends', node.kill('SIGTERM'))
      await node.start()
    },
  },
}

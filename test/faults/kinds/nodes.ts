import { aWhile, type Fault, within } from '../fault.ts'

/** What happens to a node that has others beside it. */
export const nodes: Record<string, Fault> = {
  'stop-long': {
    words: 'SIGSTOP for longer than the lease of a node holds: when it goes on, it must not deliver what it may not',
    on: 'cluster',
    async play({ node, chance }) {
      node.signal('SIGSTOP')
      await aWhile({ chance }, 5500)
      node.signal('SIGCONT')
    },
  },
  'login-ended-stopped': {
    words: 'a login is ended while the node that it talks to is stopped',
    on: 'cluster',
    async play({ deployment, node, oracle, chance }) {
      const login = await oracle.doomed()
      const other = chance.pick(deployment.nodes.filter((one) => one !== node))
      node.signal('SIGSTOP')
      await other.ask('loginEnd', { ids: [login] })
      await oracle.ask({ ask: 'ended', login })
      node.signal('SIGCONT')
    },
  },
  rolling: {
    words: 'SIGTERM, and started again, one node after the other: a new version is rolled out',
    on: 'cluster',
    async play({ deployment }) {
      for (const node of deployment.nodes) {
        await within('the drained node ends', node.kill('SIGTERM'))
        await node.start()
      }
    },
  },
  'kill-all': {
    words: 'SIGKILL of all nodes at once: the power of the room is gone, but not that of the database',
    on: 'cluster',
    async play({ deployment, chance }) {
      await aWhile({ chance }, 1 + chance.below(60))
      await Promise.all(deployment.nodes.map((node) => node.kill()))
      await Promise.all(deployment.nodes.map((node) => node.start()))
    },
  },
}

import { aWhile, type Fault, type Scene } from '../fault.ts'

async function endOne({ node, oracle, chance }: Scene, killed: boolean): Promise<void> {
  await aWhile({ chance }, 1 + chance.below(40))
  const login = await oracle.doomed()
  await node.ask('loginEnd', { ids: [login] })
  const told = oracle.ask({ ask: 'ended', login })
  if (killed) await node.kill()
  await told
  if (killed) await node.start()
}

/** What people do, or is done to them. */
export const people: Record<string, Fault> = {
  'login-ended': {
    words: 'a login is ended while it talks and listens',
    play: (scene) => endOne(scene, false),
  },
  'login-ended-kill': {
    words: 'a login is ended, and SIGKILL when the call has returned',
    play: (scene) => endOne(scene, true),
  },
  expelled: {
    words: 'somebody is removed from every room while all talk, and let in again',
    async play({ oracle, chance }) {
      await aWhile({ chance }, 1 + chance.below(40))
      await oracle.ask({ ask: 'expel' })
      await aWhile({ chance }, 100)
      await oracle.ask({ ask: 'readmit' })
    },
  },
  storm: {
    words: 'many come at once, and go',
    async play({ oracle, chance }) {
      await oracle.ask({ ask: 'storm', size: 30 + chance.below(50) })
    },
  },
  'storm-cut': {
    words: 'all connections are reset while many come',
    async play({ node, oracle, chance }) {
      const storm = oracle.ask({ ask: 'storm', size: 30 + chance.below(30) })
      await aWhile({ chance }, 50)
      node.road.cut()
      await storm
    },
  },
  'slow-reader': {
    words: 'one who listens takes nothing for a while',
    async play({ oracle, chance }) {
      await oracle.ask({ ask: 'dawdle', ms: 400 + chance.below(800) })
    },
  },
}

import pg from 'pg'
import { around, aWhile, type Fault, type Scene, within } from '../fault.ts'
import { cutOff, late } from './wires.ts'

const told = (scene: Scene, text: string, values: unknown[] = []) => {
  const { behind } = around(scene)
  return behind.store.ask(behind.database, text, values)
}
const own = `from pg_stat_activity where application_name = 'parley'`

/** Somebody beside Parley who is in its database, with a transaction or without. */
async function intruder(scene: Scene): Promise<pg.Client> {
  const { behind } = around(scene)
  const client = new pg.Client(behind.store.place(behind.database))
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** What happens to PostgreSQL, and on the way there. */
export const store: Record<string, Fault> = {
  'store-crash': {
    words: 'PostgreSQL ends at once, with nothing written out, and is started again',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      await aWhile(scene, 1 + scene.chance.below(60))
      await behind.store.stop('SIGQUIT')
      await behind.store.run()
    },
  },
  'store-restart': {
    words: 'PostgreSQL sends everybody away, ends, and is started again',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      await behind.store.stop('SIGINT')
      await aWhile(scene, 100)
      await behind.store.run()
    },
  },
  'store-process-killed': {
    words: 'SIGKILL of one process of PostgreSQL, which sends everybody away and recovers',
    on: 'cluster',
    async play(scene) {
      const pids = (await told(scene, `select pid ${own}`)).map(({ pid }) => Number(pid))
      if (pids.length === 0) throw new Error('no node is connected to PostgreSQL')
      process.kill(scene.chance.pick(pids), 'SIGKILL')
    },
  },
  'store-sessions-ended': {
    words: 'pg_terminate_backend of every session of the nodes',
    on: 'cluster',
    async play(scene) {
      for (let i = 0; i < 3; i++) {
        await aWhile(scene, 20)
        await told(scene, `select pg_terminate_backend(pid) ${own}`)
      }
    },
  },
  'store-cancelled': {
    words: 'pg_cancel_backend of whatever is asked, again and again',
    on: 'cluster',
    async play(scene) {
      for (let i = 0; i < 20; i++) {
        await aWhile(scene, 5)
        await told(scene, `select pg_cancel_backend(pid) ${own}`)
      }
    },
  },
  'store-full-house': {
    words: 'PostgreSQL has no connection left when the nodes need new ones',
    on: 'cluster',
    async play(scene) {
      const insider = await intruder(scene)
      const crowd: pg.Client[] = []
      try {
        for (let rounds = 0; rounds < 3; rounds++) {
          await insider.query(`select pg_terminate_backend(pid) ${own}`)
          for (let more = true; more; ) {
            const came = await intruder(scene).catch(() => undefined)
            if (came) crowd.push(came)
            more = came !== undefined
          }
        }
        await aWhile(scene, 300)
      } finally {
        await Promise.all([insider, ...crowd].map((client) => client.end()))
      }
    },
  },
  'store-locked': {
    words: 'somebody else holds a lock on everything for a while',
    on: 'cluster',
    async play(scene) {
      const other = await intruder(scene)
      try {
        await other.query('begin')
        await other.query(`lock table ${scene.chance.pick(['head', 'event', 'member', 'login', 'node'])} in access exclusive mode`)
        await aWhile(scene, 300)
      } finally {
        await other.end()
      }
    },
  },
  'store-deadlock': {
    words: 'deadlocks, of which the node is the one that PostgreSQL gives up',
    on: 'cluster',
    async play(scene) {
      const other = await intruder(scene)
      try {
        await other.query(`set deadlock_timeout = '20s'`)
        const heads = (await other.query<{ room: string }>('select room from head order by room desc')).rows
        for (let i = 0; i < 3; i++) {
          await other.query('begin')
          // The last room first, then the one before it: nodes take them from the first to the last.
          for (const { room } of heads) {
            await other.query('select from head where room = $1 for update', [room])
            await aWhile(scene, 20)
          }
          await other.query('rollback')
        }
      } finally {
        await other.end()
      }
    },
  },
  'store-failover': {
    words: 'PostgreSQL is lost for good, and a synchronous standby takes over',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      const [old, heir] = [behind.store, await behind.store.standby()]
      await told(scene, `alter system set synchronous_standby_names = '*'`)
      await told(scene, 'select pg_reload_conf()')
      const isSynchronous = async () => (await told(scene, `select from pg_stat_replication where sync_state = 'sync'`)).length > 0
      const followed = async () => {
        while (!(await isSynchronous())) await aWhile(scene, 20)
      }
      await within('the standby follows', followed())
      await aWhile(scene, 300)
      await old.stop('SIGQUIT')
      await heir.ask('postgres', 'select pg_promote()')
      behind.store = heir
      await old[Symbol.asyncDispose]()
    },
  },
  'store-cut': cutOff('store', 'one node is cut off from PostgreSQL for a while', 400),
  'store-cut-long': cutOff('store', 'one node is cut off from PostgreSQL for longer than its lease holds', 5500),
  'store-one-way': {
    words: 'what PostgreSQL answers one node is held on the road, then lost: done, and the node does not know',
    on: 'cluster',
    async play(scene) {
      const { wires } = around(scene)
      wires.store.hold('back')
      await aWhile(scene, 300)
      wires.store.cut()
      wires.store.mend()
    },
  },
  'store-pause': {
    words: 'both ways between one node and PostgreSQL are held, then all comes at once',
    on: 'cluster',
    async play(scene) {
      const { wires } = around(scene)
      wires.store.hold('there', 'back')
      await aWhile(scene, 300)
      wires.store.mend()
    },
  },
  'store-late': late('store', 'what one node asks PostgreSQL, and its answers, are late by chance more or less', 2, 20),
}

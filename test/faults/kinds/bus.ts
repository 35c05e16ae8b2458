import { TestSentinels } from '../../support/sentinels.ts'
import { around, aWhile, type Fault } from '../fault.ts'
import { cutOff, late, oneWay } from './wires.ts'

/** What happens to Redis, and on the way there. */
export const bus: Record<string, Fault> = {
  'bus-kill': {
    words: 'SIGKILL of Redis, which comes back empty',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      await behind.bus.kill()
      await aWhile(scene, 300)
      await behind.bus.restart()
    },
  },
  'bus-hang': {
    words: 'SIGSTOP of Redis for a while: it takes what it is told, and says nothing',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      behind.bus.signal('SIGSTOP')
      await aWhile(scene, 400 + scene.chance.below(2000))
      behind.bus.signal('SIGCONT')
    },
  },
  'bus-flush': {
    words: 'FLUSHALL',
    on: 'cluster',
    async play(scene) {
      await aWhile(scene, 1 + scene.chance.below(40))
      await around(scene).behind.bus.tell('FLUSHALL')
    },
  },
  'bus-readonly': {
    words: 'Redis becomes a replica of nothing: it takes no writes',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      await behind.bus.tell('REPLICAOF', '127.0.0.1', '1')
      await aWhile(scene, 400)
      await behind.bus.tell('REPLICAOF', 'NO', 'ONE')
    },
  },
  'bus-sent-away': {
    words: 'Redis hangs up on everybody, or on those that listen',
    on: 'cluster',
    async play(scene) {
      const kinds = scene.chance.pick([['normal', 'pubsub'], ['pubsub'], ['normal']])
      for (const kind of kinds) await around(scene).behind.bus.tell('CLIENT', 'KILL', 'TYPE', kind)
    },
  },
  'bus-failover': {
    words: 'Redis is lost, and real sentinels let a replica take over that may not have been told everything',
    on: 'cluster',
    async play(scene) {
      const { behind } = around(scene)
      const lost = behind.bus
      const sentinels = await TestSentinels.start(lost)
      await aWhile(scene, 1 + scene.chance.below(40))
      await lost.kill()
      behind.bus = await sentinels.master(lost)
      await sentinels.close(behind.bus)
    },
  },
  'bus-cut': cutOff('bus', 'one node is cut off from Redis for a while', 400),
  'bus-strand': {
    words: 'half-open connections of one node to Redis: it is not told that nobody hears it',
    on: 'cluster',
    async play(scene) {
      around(scene).wires.bus.strand()
      await aWhile(scene, 300)
    },
  },
  'bus-deaf': oneWay('back', 'one node is heard by the others, and hears nothing itself'),
  'bus-dumb': oneWay('there', 'one node hears the others, and is not heard'),
  'bus-late': late('bus', 'what one node says to Redis, and hears, is late by chance more or less', 5, 100),
}

import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

type Nodes = NonNullable<NonNullable<Patient['server']>['nodes']>

/** ms to Redis and back: more of it is felt in each message from another node. */
const slow = 20

/** Several nodes: that Redis is one they can rely on, and that each hears the others. */
export const busCheck: Check = {
  ids: ['D-BUS', 'D-NODES'],
  at: 'home',
  look({ config, server }) {
    if (config.store.kind === 'sqlite')
      return [good('D-BUS', 'One node: it needs no bus.'), good('D-NODES', 'A store in SQLite has one node.')]
    const nodes = server?.nodes
    if (nodes === undefined)
      return [good('D-BUS', 'Not looked at: no server runs here.'), good('D-NODES', 'Not looked at: no server runs here.')]
    const name = config.bus.kind === 'redis' ? new URL(config.bus.url).hostname : ''
    return [aboutSentinels(nodes, name) ?? aboutBus(nodes, config.bus.kind), aboutNodes(nodes)]
  },
}

/** What is wrong with them, if anything is. */
function aboutSentinels({ sentinels = [] }: Nodes, name: string): Finding | undefined {
  const [silent] = sentinels.filter(({ wrong }) => wrong !== undefined)
  if (silent)
    return fault(
      'D-BUS',
      `This node cannot ask the sentinel ${silent.sentinel} (${silent.wrong}): without most of them nobody finds the next master of Redis.`,
      `redis-cli ${reaching(silent.sentinel)} sentinel get-master-addr-by-name ${name}   # from this machine, as bus.sentinels, bus.url have it`,
    )
  const named = new Set(sentinels.map(({ master }) => master))
  if (named.size < 2) return undefined
  return fault(
    'D-BUS',
    `The sentinels do not name one master: ${sentinels.map((one) => `${one.sentinel} names ${one.master}`).join(', ')}.`,
    'parley doctor   # again: while Redis fails over that is so for seconds; else look whether they hear each other',
  )
}

/** `[::1]:26379`, or a name, as the options of redis-cli. */
function reaching(address: string): string {
  const colon = address.lastIndexOf(':')
  return `-h ${address.slice(0, colon).replaceAll(/[[\]]/g, '')} -p ${address.slice(colon + 1)}`
}

function aboutBus({ redis, up, sentinels = [] }: Nodes, kind: 'local' | 'redis'): Finding {
  if (kind === 'local') return good('D-BUS', 'bus.url is local: this node works alone on its store.')
  if (!redis || !up)
    return fault(
      'D-BUS',
      'Redis does not carry what the nodes tell each other: what others write comes late, and browsers cannot sign in.',
      'redis-cli -h HOST -p PORT --askpass ping   # as in bus.url; an address with a password does not belong on a command line',
    )
  if (/^allkeys/.test(redis.evicts))
    return warning(
      'D-BUS',
      `Redis throws sessions away when its memory is full (${redis.evicts}).`,
      'redis-cli config set maxmemory-policy volatile-ttl',
    )
  const [one] = sentinels
  const which = one ? `Redis ${redis.version}, ${one.master} as ${sentinels.length} sentinels say,` : `Redis ${redis.version}`
  if (redis.ms > slow) return warning('D-BUS', `${which} takes ${redis.ms.toFixed(0)} ms to answer.`, 'redis-cli --latency')
  return good('D-BUS', `${which} answers in ${redis.ms.toFixed(1)} ms, and what this node says can be heard.`)
}

function aboutNodes({ live, answering }: Nodes): Finding {
  if (live.length === 0) return good('D-NODES', 'No other node works on this store.')
  const silent = live.filter((id) => !answering.includes(id))
  if (silent.length === 0) return good('D-NODES', `This node and ${live.length} more hear each other.`)
  return fault(
    'D-NODES',
    `These nodes have a lease and do not answer: ${silent.join(', ')}. Another bus.url, another secrets.masterKey, or a node that hangs.`,
    'parley config show | grep -E "bus|masterKey"   # on each of them',
  )
}

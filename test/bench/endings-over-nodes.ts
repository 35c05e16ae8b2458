import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startCluster } from '../support/cluster.ts'
import type { Guest } from '../support/guest.ts'
import type { TestHouse } from '../support/house.ts'
import { sharedPostgres } from '../support/postgres.ts'

/**
 * How long an ending takes: from the call until it returns, until the last byte has come, until the connection is closed. While people are
 * being thrown out a room goes on talking, and nothing that was said after a call had returned may have reached whom it ended.
 *
 *   npm run bench:endings -- [--nodes 3] [--bus up|down] [--endings 10000] [--at-once 16] [--append FILE]
 *
 * With --append each ending is a line of that file, and the figures are those of all its lines of as many nodes and such a bus: a long
 * measurement in several pieces.
 */
const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '3' },
    bus: { type: 'string', default: 'up' },
    endings: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '16' },
    append: { type: 'string' },
  },
})
const [nodes, endings, atOnce] = [Number(values.nodes), Number(values.endings), Number(values['at-once'])]

const loose = Object.fromEntries(
  ['POSTSPERSECOND', 'POSTBURST', 'CONNECTIONSPERLOGIN', 'CONNECTIONSPERACCOUNT', 'HANDSHAKESPERSECONDPERADDRESS', 'LOGINSPERACCOUNT'].map(
    (name) => [`PARLEY__LIMITS__${name}`, '100000'],
  ),
)
const cluster = await startCluster(nodes, { ...loose, PARLEY__LOG__LEVEL: 'warn' })
const houses = cluster.houses
const [first] = houses as [TestHouse]
const [ada, bob] = await first.people('ada', 'bob')
const room = await first.room('tea', [ada, bob])
if (values.bus === 'down') await cluster.redis.kill()

/** bob talks without a pause; when each thing was said, and its seq. */
const said: { at: number; seq: number }[] = []
let talks = true
const talker = await first.connect(bob)
const talking = (async () => {
  while (talks) {
    const at = performance.now()
    const { seq } = await talker.post(room, 'and so on')
    said.push({ at, seq: seq as number })
    if (said.length > 4000) said.splice(0, 2000)
    talker.frames.length = 0
  }
})()

/** ms from the call; `late`: something said after the call had returned was heard. */
interface Taken {
  returned: number
  lastByte: number
  closed: number
  late: boolean
  unconfirmed: number
}
const taken: Taken[] = []

const maxSeq = (guest: Guest): number =>
  Math.max(
    0,
    ...guest.frames.flatMap((frame) => (frame.type === 'events' ? (frame.events as { seq: number }[]).map(({ seq }) => seq) : [])),
  )

async function one(i: number): Promise<void> {
  const [there, caller] = [houses[i % nodes], houses[(i + 1) % nodes]] as [TestHouse, TestHouse]
  const person = await first.login(ada.account)
  const guest = await there.connect(person)
  await guest.open(room)
  const closed = guest.ended().then(() => performance.now())
  let lastByte = 0
  guest.ws.on('message', () => {
    lastByte = performance.now()
  })
  const called = performance.now()
  const ended = await caller.service.house.logins.end({ ids: [person.login.id] }, 'ended')
  const returned = performance.now()
  const closedAt = await closed
  const after = said.find(({ at }) => at > returned)
  taken.push({
    returned: returned - called,
    // 0: nothing came any more.
    lastByte: Math.max(lastByte - called, 0),
    closed: closedAt - called,
    late: after !== undefined && maxSeq(guest) >= after.seq,
    unconfirmed: ended.unconfirmed,
  })
  guest.frames.length = 0
}

let begun = 0
const began = performance.now()
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    while (begun < endings) {
      await one(begun++)
      if (begun % 1000 === 0) process.stderr.write(`${begun} `)
    }
  }),
)
talks = false
await talking
const seconds = (performance.now() - began) / 1000

/** These, and those of earlier pieces. */
function together(): Taken[] {
  const file = values.append
  if (file === undefined) return taken
  const like = { nodes, bus: values.bus, atOnce }
  const earlier = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  appendFileSync(file, taken.map((one) => `${JSON.stringify({ ...like, ...one })}\n`).join(''))
  const alike = earlier
    .map((line) => JSON.parse(line))
    .filter((one) => one.nodes === nodes && one.bus === values.bus && one.atOnce === atOnce)
  return [...alike, ...taken]
}
const all = together()
const at = (share: number, of: 'returned' | 'lastByte' | 'closed'): string => {
  const sorted = all.map((one) => one[of]).sort((a, b) => a - b)
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1)
}
const late = all.filter((one) => one.late).length
const unconfirmed = all.reduce((sum, one) => sum + one.unconfirmed, 0)
const pieces = all.length > taken.length ? `; with earlier pieces ${all.length}` : ''
process.stdout.write(
  `\n${nodes} node${nodes > 1 ? 's' : ''}, bus ${values.bus}: ${taken.length} endings in ${seconds.toFixed(0)} s, ${atOnce} at once${pieces}\n`,
)
process.stdout.write('ms from the call       p50      p99      max\n')
for (const [words, of] of [
  ['until it returned', 'returned'],
  ['until the last byte', 'lastByte'],
  ['until it was closed', 'closed'],
] as const)
  process.stdout.write(`${words.padEnd(20)} ${[0.5, 0.99, 1].map((share) => at(share, of).padStart(8)).join(' ')}\n`)
process.stdout.write(`heard after the call had returned: ${late}; nodes that did not confirm: ${unconfirmed}\n`)
await cluster.close()
await (await sharedPostgres())[Symbol.asyncDispose]()
process.exit(late > 0 ? 1 : 0)

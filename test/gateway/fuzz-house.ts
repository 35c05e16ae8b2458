import { certificate, startHouse } from '../support/house.ts'
import { unhurried } from './unhurried.ts'

/** A Parley in a process of its own, whose memory can be weighed. Says where it is and who may come, and then answers. */
const house = await startHouse({ settings: unhurried('PENDING') })
const people = await house.people('ada', 'bob', 'eve')
const [ada, bob, eve] = people
const rooms = [await house.room('park', [ada, eve], 'public'), await house.room('den', [ada, eve])]
const tea = await house.room('tea', [ada, bob])

/** What went wrong by the log: faults of ours, not refusals. */
const faults = () => house.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)

process.on('disconnect', () => process.exit(0))
process.on('message', async (ask: 'weigh' | 'close') => {
  if (ask === 'close') {
    await house.close()
    process.disconnect?.()
    return
  }
  for (let i = 0; i < 3; i++) {
    void globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const bad = faults()
  house.log.length = 0 // what is remembered here is not the server's
  const { heapUsed, external, rss } = process.memoryUsage()
  process.send?.({ heap: heapUsed + external, rss, connections: house.service.connections(), faults: bad })
})
process.send?.({ port: house.service.port, ca: certificate().cert, tokens: people.map(({ token }) => token), rooms, tea })

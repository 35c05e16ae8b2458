import { startHouse } from '../support/house.ts'
import { answerParent } from './weighing.ts'

/** A Parley in a process of its own, as behind a proxy that ends TLS. Says where it is and who may come. */
const house = await startHouse({ tls: 'off', settings: JSON.parse(process.argv[2] ?? '{}') as Record<string, string> })
await house.service.house.accounts.add({ name: 'ada', role: 'member', password: 'a long enough sentence' })
const [ada, bob] = await house.people('ada', 'bob')
const room = await house.room('tea', [ada, bob])

answerParent(
  () => {
    const faults = house.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)
    house.log.length = 0 // what is remembered here is not the server's
    return { connections: house.service.connections(), faults }
  },
  () => house.close(),
)
process.send?.({ port: house.service.port, tokens: [ada.token, bob.token], room })

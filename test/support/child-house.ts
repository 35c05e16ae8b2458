import { certificate, startHouse } from './house.ts'

/** A house in a process of its own, which a story may kill. Tells its port and certificate to its parent. */
const [folder, settings] = process.argv.slice(2) as [string, string]
const house = await startHouse({ folder, settings: JSON.parse(settings) as Record<string, string> })
process.send?.({ port: house.service.port, ca: certificate().cert })
process.on('disconnect', () => process.exit(0))

import { openPostgres } from '../../src/store/postgres.ts'
import { sharedPostgres } from '../support/postgres.ts'
import { storeContract } from './contract.ts'

const limits = { poolSize: 4, statementTimeout: 10_000 }

storeContract('PostgreSQL', async () => {
  const place = await (await sharedPostgres()).database()
  return { open: () => openPostgres({ place, limits }), remove: async () => undefined }
})

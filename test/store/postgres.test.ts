import { after, before } from 'node:test'
import { openPostgres } from '../../src/store/postgres.ts'
import { TestPostgres } from '../support/postgres.ts'
import { storeContract } from './contract.ts'

const limits = { poolSize: 4, statementTimeout: 10_000 }
let postgres: TestPostgres

before(async () => {
  postgres = await TestPostgres.start()
})
after(() => postgres[Symbol.asyncDispose]())

storeContract('PostgreSQL', async () => {
  const place = await postgres.database()
  return { open: () => openPostgres({ place, limits }), remove: async () => undefined }
})

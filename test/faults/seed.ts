import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { openHouse, systemClock } from '../../src/house.ts'

export interface People {
  /** Of ada, bob, cyd and dan, who meet; eve, the last, is not asked in. */
  tokens: string[]
  /** Of logins of bob's, one for each ending. */
  doomed: string[]
}

interface Asked {
  folder: string
  env: Record<string, string>
  pair: { key: string; cert: string }
  doomed: number
}

const root = resolve(import.meta.dirname, '../..')
const day = 86_400_000
const names = ['ada', 'bob', 'cyd', 'dan', 'eve']

/** Makes a folder one in which a Parley can be started. */
export function layOut(folder: string, pair: Asked['pair']): void {
  cpSync(join(root, 'config/default.yaml'), join(folder, 'config/default.yaml'))
  mkdirSync(join(folder, 'certs'), { recursive: true })
  putPair(folder, pair)
}

/** A folder in which a Parley can be started, with people in its store and their tokens. */
export async function furnish({ folder, env, pair, doomed }: Asked): Promise<People> {
  layOut(folder, pair)
  const { config } = readConfig({ root: folder, env })
  const house = await openHouse({
    config: () => config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    announce: async () => ({ connections: 0, unconfirmed: 0 }),
    onFatal: (error) => {
      throw error
    },
  })
  async function token(account: string): Promise<string> {
    const login = await house.logins.begin({ account, credential: 'token', label: 'check', address: '127.0.0.1' })
    return (await house.tokens.token(login, { expiresAt: Date.now() + day })).token
  }
  try {
    const accounts: string[] = []
    for (const name of names) accounts.push((await house.accounts.add({ name, role: 'member' })).id)
    const people: People = { tokens: [], doomed: [] }
    for (const account of accounts) people.tokens.push(await token(account))
    for (let i = 0; i < doomed; i++) people.doomed.push(await token(accounts[1] as string))
    return people
  } finally {
    await house.close()
  }
}

/** @param pair of certificate and key, as an operator puts them there */
export function putPair(folder: string, { key, cert }: { key: string; cert: string }): void {
  writeFileSync(join(folder, 'certs/privkey.pem'), key, { mode: 0o600 })
  writeFileSync(join(folder, 'certs/fullchain.pem'), cert)
}

import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { type House, openHouse, systemClock } from '../../src/house.ts'

export interface Pair {
  key: string
  cert: string
}

const root = resolve(import.meta.dirname, '../..')
const day = 86_400_000

/** Makes a folder one in which a Parley can be started. */
export function layOut(folder: string, pair: Pair): void {
  cpSync(join(root, 'config/default.yaml'), join(folder, 'config/default.yaml'))
  mkdirSync(join(folder, 'certs'), { recursive: true })
  putPair(folder, pair)
}

/** As an operator puts them there. */
export function putPair(folder: string, { key, cert }: Pair): void {
  writeFileSync(join(folder, 'certs/privkey.pem'), key, { mode: 0o600 })
  writeFileSync(join(folder, 'certs/fullchain.pem'), cert)
}

/** The house of such a folder, without a server, to put people into it. */
export function openPremises(folder: string, env: Record<string, string>): Promise<House> {
  const { config } = readConfig({ root: folder, env })
  return openHouse({
    config: () => config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    announce: async () => ({ connections: 0, unconfirmed: 0 }),
    onFatal: (error) => {
      throw error
    },
  })
}

/** Of a login of its own, for a day. */
export async function tokenOf({ logins, tokens }: House, account: string, label: string): Promise<string> {
  const login = await logins.begin({ account, credential: 'token', label, address: '127.0.0.1' })
  return (await tokens.token(login, { expiresAt: Date.now() + day })).token
}

import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { openHouse, systemClock } from '../../src/house.ts'

export interface Seeded {
  folder: string
  rooms: string[]
  /** One for each connection, each of a login of its own. */
  tokens: string[]
}

export interface Pair {
  key: string
  cert: string
}

interface Asked {
  rooms: number
  perRoom: number
  /** Connections that share an account, each with a login of its own; 1 unless that would take too long to make. */
  perAccount: number
  pair: Pair
}

/** Limits as high as they go: a bench is one address with a thousand voices. They are looked at all the same. */
export const roomy: Record<string, string> = Object.fromEntries(
  Object.entries({
    POSTSPERSECOND: 1_000_000,
    POSTBURST: 1_000_000,
    PENDING: 100_000,
    FRAMESPERSECOND: 1_000_000,
    CONNECTIONSPERLOGIN: 1_000_000,
    CONNECTIONSPERACCOUNT: 1_000_000,
    HANDSHAKESPERSECONDPERADDRESS: 1_000_000,
    HANDSHAKESINFLIGHT: 1_000_000,
    CONNECTIONS: 1_000_000,
    MEMBERSPERROOM: 1_000_000,
    ROOMSPERACCOUNT: 100_000,
    LOGINSPERACCOUNT: 100_000,
  }).map(([name, value]) => [`PARLEY__LIMITS__${name}`, String(value)]),
)

const root = resolve(import.meta.dirname, '../..')
const day = 86_400_000

/** A Parley with people, logins, tokens and rooms, as if they had been there for a while. */
export async function seed({ rooms, perRoom, perAccount, pair }: Asked): Promise<Seeded> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  cpSync(join(root, 'config/default.yaml'), join(folder, 'config/default.yaml'))
  mkdirSync(join(folder, 'certs'))
  writeFileSync(join(folder, 'certs/privkey.pem'), pair.key, { mode: 0o600 })
  writeFileSync(join(folder, 'certs/fullchain.pem'), pair.cert)
  const { config } = readConfig({ root: folder, env: roomy })
  const house = await openHouse({
    config: () => config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    announce: async () => ({ connections: 0, unconfirmed: 0 }),
    onFatal: (error) => {
      throw error
    },
  })
  const tokens: string[] = []
  const roomIds: string[] = []
  for (let r = 0; r < rooms; r++) {
    const members: string[] = []
    for (let i = 0; i < perRoom; i += perAccount) {
      const account = await house.accounts.add({ name: `bench-${r}-${i}`, role: 'member' })
      members.push(account.id)
      for (let k = i; k < Math.min(perRoom, i + perAccount); k++) {
        const login = await house.logins.begin({ account: account.id, credential: 'token', label: 'bench', address: '127.0.0.1' })
        tokens.push((await house.tokens.token(login, { expiresAt: Date.now() + day })).token)
      }
    }
    roomIds.push(await house.rooms.found({ account: 'parley' }, { name: `bench ${r}`, kind: 'private', members }))
  }
  await house.close()
  return { folder, rooms: roomIds, tokens }
}

import { closeSync, fsyncSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { House } from '../../src/house.ts'
import type { Entry } from '../../src/store/append.ts'
import { layOut, openPremises, type Pair, tokenOf } from '../support/premises.ts'

export interface Seeded {
  folder: string
  rooms: string[]
  /** One for each connection, each of a login of its own. */
  tokens: string[]
  /** Whose account the first connections have. */
  person: { name: string; password: string }
}

interface Asked {
  rooms: number
  perRoom: number
  /** Connections that share an account, each with a login of its own; 1 unless that would take too long to make. */
  perAccount: number
  /** Messages in the first room. */
  messages?: number
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
    SIGNINSPERMINUTEPERACCOUNT: 1_000_000,
    SIGNINSPERMINUTEPERADDRESS: 1_000_000,
    SIGNINSPERMINUTEPERACCOUNTANDADDRESS: 1_000_000,
    HTTPREQUESTSPERSECONDPERADDRESS: 1_000_000,
  }).map(([name, value]) => [`PARLEY__LIMITS__${name}`, String(value)]),
)

const password = 'a password of the bench, of no use elsewhere'
/** Posts that wait for the store at a time. */
const wave = 2048
/** Messages beyond which they are copied inside the file: ten million would take a quarter of an hour to post. */
const mostPosted = 10_000

/** A Parley with people, logins, tokens and rooms, as if they had been there for a while. */
export async function seed({ rooms, perRoom, perAccount, messages = 0, pair }: Asked): Promise<Seeded> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  layOut(folder, pair)
  const house = await openPremises(folder, roomy)
  const tokens: string[] = []
  const roomIds: string[] = []
  for (let r = 0; r < rooms; r++) {
    const members: string[] = []
    for (let i = 0; i < perRoom; i += perAccount) {
      const name = `bench-${r}-${i}`
      const account = await house.accounts.add({ name, role: 'member', ...(tokens.length === 0 && { password }) })
      members.push(account.id)
      for (let k = i; k < Math.min(perRoom, i + perAccount); k++) tokens.push(await tokenOf(house, account.id, 'bench'))
    }
    roomIds.push(await house.rooms.found({ account: 'parley' }, { name: `bench ${r}`, kind: 'private', members }))
  }
  if (messages > 0) await talk(house, roomIds[0] as string, Math.min(messages, mostPosted))
  await house.close()
  if (messages > mostPosted) multiply(join(folder, 'data/parley.db'), roomIds[0] as string, messages - mostPosted)
  return { folder, rooms: roomIds, tokens, person: { name: 'bench-0-0', password } }
}

async function talk({ store }: Pick<House, 'store'>, room: string, messages: number): Promise<void> {
  for (let n = 0; n < messages; n += wave) {
    const size = Math.min(wave, messages - n)
    await Promise.all(Array.from({ length: size }, (_, i) => store.append.append(saying(room, n + i))))
  }
}

/** As the operator says it, who needs no login. */
const saying = (room: string, n: number): Entry => ({
  ...{ room, by: 'parley', at: Date.now(), allowed: { own: [], any: [] } },
  do: {
    act: 'post',
    key: `seed-${String(n).padStart(12, '0')}`,
    text: `${n} and so they talked of this and that, as people do`,
    names: [],
  },
})

/** More of the last message of a room, as rows: same form, next numbers. */
function multiply(file: string, room: string, times: number): void {
  const db = new DatabaseSync(file)
  db.exec('pragma synchronous = off; pragma cache_size = -262144')
  const rows = `
    with recursive k(i) as (select 1 union all select i + 1 from k where i < ?)
    insert into event (room, seq, id, kind, account, at, key, n, text)
    select room, seq + i, id || '-' || i, kind, account, at + i, printf('more-%012d', i), n + i, text
    from k, (select * from event where room = ? order by seq desc limit 1)`
  db.prepare(rows).run(times, room)
  db.prepare('update head set last = last + ?, n = n + ? where room = ?').run(times, times, room)
  db.exec('pragma wal_checkpoint(truncate)')
  db.close()
  // What the kernel still had to write would be written while something is measured, and each commit would wait for it.
  const descriptor = openSync(file, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

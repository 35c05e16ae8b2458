import type { Logger } from 'pino'
import type { Presence } from '../chat/presence.ts'
import type { Rooms } from '../chat/rooms.ts'
import type { Logins } from '../identity/logins.ts'
import type { Secrets } from '../identity/secrets.ts'
import { beatMs, type WireLimits } from '../protocol/limits.ts'
import type { Connection } from './connection.ts'
import type { Heads } from './heads.ts'
import type { Hub } from './hub.ts'
import { answer } from './wire.ts'

interface Deps {
  node: string
  store: string
  hub: Hub
  heads: Pick<Heads, 'roomChanged' | 'passed'>
  logins: Pick<Logins, 'find'>
  secrets: Pick<Secrets, 'knows'>
  rooms: Pick<Rooms, 'list'>
  presence: Pick<Presence, 'set'>
  now: () => number
  limits: () => WireLimits
  greet: (connection: Connection) => void
  leave: (connection: Connection, reason: 'ended' | 'overload') => void
  log: Logger
}

/** The first frame of every connection: who it is, what it may see, and what it must keep to. */
export function createWelcome({ node, store, hub, heads, logins, secrets, rooms, presence, now, limits, greet, leave, log }: Deps) {
  async function welcome(connection: Connection): Promise<void> {
    const { account, login } = connection
    // A login that ended, or a key that was thrown away, while its connection was being opened: the news may have come before there was one.
    const [current, list] = await Promise.all([logins.find(login.login.id), rooms.list(account.account.id)])
    if (connection.isDead) return
    if (!current || !secrets.knows(connection.kid)) return leave(connection, 'ended')
    const known = hub.seat(account, list)
    const mine = list.filter(({ id }) => known.has(id))
    account.mentions = new Set(mine.filter(({ mentions }) => mentions > 0).map(({ id }) => id))
    const { id, expiresAt, idleMs } = login.login
    const { frameBytes, textLength, openRooms, postsPerSecond, postBurst, pending } = limits()
    connection.put(
      answer({
        type: 'welcome',
        protocol: 'parley.v1',
        connection: connection.id,
        node,
        store,
        now: now(),
        beatMs,
        account: current.account,
        login: {
          id,
          expiresAt,
          ...(idleMs > 0 ? { idleAt: login.activeAt + idleMs } : {}),
          ...(connection.tokenExpiresAt === undefined ? {} : { tokenExpiresAt: connection.tokenExpiresAt }),
        },
        rooms: mine,
        limits: { frameBytes, textLength, openRooms, postsPerSecond, postBurst, pending },
      }),
    )
    connection.welcomed = true
    const listed = new Set(mine.map((room) => room.id))
    for (const room of known) if (!listed.has(room)) heads.roomChanged(room, account.account.id)
    // What has landed since the list was read was told only to those who had been welcomed.
    for (const { id, last } of mine) {
      const there = hub.audiences.get(id)
      if (there && there.changed > last) heads.roomChanged(id, account.account.id)
      else if (there && there.last > last) heads.passed(there, account.account.id)
    }
    greet(connection)
    presence.set(account.account.id, connection.id, 'active', [...known])
    connection.inlet.start()
  }

  return (connection: Connection): Promise<void> =>
    welcome(connection).catch((error) => {
      log.error({ event: 'welcome_failed', connection: connection.id, err: error }, 'A connection could not be welcomed')
      leave(connection, 'overload')
    })
}

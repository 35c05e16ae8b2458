import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { createLocalBus } from './bus/local.ts'
import { createLog as createRoomLog } from './chat/log.ts'
import { createMessages } from './chat/messages.ts'
import { createPace } from './chat/pace.ts'
import { createRooms } from './chat/rooms.ts'
import type { Config } from './config.ts'
import { createAccounts } from './identity/accounts.ts'
import { createDevices } from './identity/devices.ts'
import { createInvites } from './identity/invites.ts'
import { type Announce, createLogins } from './identity/logins.ts'
import { createPasswords } from './identity/passwords.ts'
import { openMasterKey, openSecrets } from './identity/secrets.ts'
import { createSignIn } from './identity/sign-in.ts'
import { createThrottle } from './identity/throttle.ts'
import { createTokens } from './identity/tokens.ts'
import { createWebSessions } from './identity/web-sessions.ts'
import { openSqlite } from './store/sqlite.ts'

/** ms since 1970, and ms that never jump. */
export interface Clock {
  now: () => number
  monotonic: () => number
}

export const systemClock: Clock = { now: Date.now, monotonic: () => performance.now() }

/**
 * Everything that Parley knows and can do, without a listener: what a server serves, and what the command line
 * uses by itself when no server runs.
 * @param config read at each use, so that what can change while running does.
 * @param announce closes the connections of logins that have ended; without a server there are none.
 * @param onFatal the store can no longer be trusted.
 */
export async function openHouse({
  config,
  log,
  clock,
  announce,
  onFatal,
}: {
  config: () => Config
  log: Logger
  clock: Clock
  announce: Announce
  onFatal: (error: Error) => void
}) {
  const { data, store: place, secrets: given } = config()
  mkdirSync(data.dir, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(place.file), { recursive: true, mode: 0o700 })
  const { now } = clock
  const store = await openSqlite({ file: place.file, onFatal })
  const { db, append, reads } = store
  try {
    const masterKey = openMasterKey({ file: join(data.dir, 'master.key'), given: given.masterKey })
    const secrets = await openSecrets({ db, now, masterKey })
    const { cookieSecrets } = secrets
    const limits = () => config().limits
    const passwords = createPasswords({ atOnce: () => limits().passwordsAtOnce, queue: () => limits().passwordQueue })
    const devices = createDevices({ cookieSecrets })
    const throttle = createThrottle({
      perAccount: () => limits().signInsPerMinutePerAccount,
      perAddress: () => limits().signInsPerMinutePerAddress,
    })
    const logins = createLogins({
      db,
      now,
      announce,
      idleMs: () => config().login.idle,
      absoluteMs: () => config().login.absolute,
      most: () => limits().loginsPerAccount,
    })
    const bus = createLocalBus()
    const roomLog = createRoomLog({ append, bus, now })
    return {
      store,
      bus,
      clock,
      log,
      config,
      secrets,
      devices,
      logins,
      accounts: createAccounts({ db, now, passwords, logins }),
      signIn: createSignIn({ db, passwords, throttle, devices, logins }),
      invites: createInvites({ db, now, passwords }),
      tokens: createTokens({ db, secrets, now, issuer: `urn:parley:${store.incarnation}`, tokenLife: () => config().token.life }),
      webSessions: createWebSessions({ db, now, cookieSecrets }),
      rooms: createRooms({ db, log: roomLog, reads, limits }),
      messages: createMessages({
        log: roomLog,
        reads,
        bus,
        pace: createPace({ monotonic: clock.monotonic, limits }),
        textLength: () => limits().textLength,
      }),
      /** Everything handed in is on disk when this resolves. */
      async close(): Promise<void> {
        await bus.close()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

export type House = Awaited<ReturnType<typeof openHouse>>

import { mkdirSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { createLog as createRoomLog, type NoteOperator } from './chat/log.ts'
import { createMessages } from './chat/messages.ts'
import { createPace } from './chat/pace.ts'
import { createRooms } from './chat/rooms.ts'
import type { Config } from './config.ts'
import { createAccounts } from './identity/accounts.ts'
import { type Audit, createAudit } from './identity/audit.ts'
import { createTally } from './identity/audit-tally.ts'
import { createDevices } from './identity/devices.ts'
import { createInvites } from './identity/invites.ts'
import { createKeys } from './identity/keys.ts'
import { type Announce, createLogins, type EndedWhy } from './identity/logins.ts'
import { createSeal } from './identity/master-key.ts'
import { createPasswords } from './identity/passwords.ts'
import { openMasterKey, openSecrets } from './identity/secrets.ts'
import { createSignIn } from './identity/sign-in.ts'
import { createSteadyClock } from './identity/steady-clock.ts'
import { createThrottle } from './identity/throttle.ts'
import { createTokens } from './identity/tokens.ts'
import { createWebSessions } from './identity/web-sessions.ts'
import { announceTo, moveIn } from './neighbourhood.ts'
import type { StoreMeter } from './store/meter.ts'
import { openStore } from './store/open.ts'
import { createReadOn } from './store/read-on.ts'

/** ms since 1970, and ms that never jump. */
export interface Clock {
  now: () => number
  monotonic: () => number
  /** ms by which the machine's clock is ahead of `now`. */
  ahead?: () => number
}

/** Whole ms: V8 makes an object of every other number that it keeps, and deadlines are counted again and again. */
const monotonic = () => Math.trunc(performance.now())
export const systemClock: Clock = {
  ...createSteadyClock({ wall: Date.now, monotonic, uptime: () => uptime() * 1000 }),
  monotonic,
}

/** What a server wants to know of the house for its metrics; a command by itself measures nothing. */
export interface HouseMeters {
  store: StoreMeter
  ended: (why: EndedWhy, logins: number, ms?: number) => void
}

/**
 * Everything that Parley knows and can do, without a listener: what a server serves, and what the command line
 * uses by itself when no server runs.
 * @param config read at each use, so that what can change while running does.
 * @param announce closes the connections of logins that have ended; without a server there are none.
 * @param forsake closes the connections that came in by a key that is gone.
 * @param onFatal the store can no longer be trusted.
 */
export async function openHouse({
  config,
  log,
  clock,
  announce,
  forsake = async () => 0,
  meters,
  onFatal,
}: {
  config: () => Config
  log: Logger
  clock: Clock
  announce: Announce
  forsake?: () => Promise<number>
  meters?: HouseMeters
  onFatal: (error: Error) => void
}) {
  const { data, store: place, secrets: given } = config()
  mkdirSync(data.dir, { recursive: true, mode: 0o700 })
  const { now } = clock
  let request = (): string | undefined => undefined
  const store = await openStore({
    place,
    safekeeping: { dir: join(data.dir, 'backups'), now },
    onFatal,
    ...(meters && { meter: meters.store }),
    tell: ({ error, ...query }) => {
      const about = { event: error === undefined ? 'store_slow' : 'store_failed', request: request(), ...query }
      log.warn({ ...about, ...(error !== undefined && { err: error }) }, 'The database took long, or could not do what it was asked')
    },
  })
  const { db, append, reads } = store
  try {
    const sealed = await db.selectFrom('secret').select('id').limit(1).execute()
    const masterKey = openMasterKey({ file: join(data.dir, 'master.key'), given: given.masterKey, needed: sealed.length > 0 })
    const secrets = await openSecrets({ db, now, masterKey })
    const { cookieSecrets } = secrets
    const limits = () => config().limits
    const isShared = place.kind === 'postgres'
    const around = await moveIn({ config: config(), store, isShared, masterKey, clock, log })
    const { bus, node, nodes } = around
    const audit = createAudit({ db, now, seal: createSeal(masterKey) })
    request = audit.request
    const signInTally = createTally({ audit, now, most: () => limits().auditedAddresses })
    const tokenTally = createTally({ audit, now, most: () => limits().connections })
    const passwords = createPasswords({ atOnce: () => limits().passwordsAtOnce, queue: () => limits().passwordQueue })
    const devices = createDevices({ cookieSecrets, now })
    const throttle = createThrottle({
      perAccount: () => limits().signInsPerMinutePerAccount,
      perAddress: () => limits().signInsPerMinutePerAddress,
      perPair: () => limits().signInsPerMinutePerAccountAndAddress,
      failuresInARow: () => limits().signInFailuresInARow,
      together: around.together,
    })
    const logins = createLogins({
      db,
      glance: store.glance,
      now,
      audit,
      announce: announceTo({ nodes, here: announce, request: audit.request, log }),
      idleMs: () => config().login.idle,
      absoluteMs: () => config().login.absolute,
      most: () => limits().loginsPerAccount,
      ...(meters && { ended: meters.ended }),
    })
    const roomLog = createRoomLog({ append, bus, now, noteOperator: operatorNotes(audit) })
    const elsewhere = async () => nodes?.everywhere({ ask: 'keys' }) ?? { connections: 0, unconfirmed: 0 }
    const pace = createPace({ monotonic: clock.monotonic, limits })
    return {
      store,
      bus,
      node,
      nodes,
      lookout: around.lookout,
      survey: around.survey,
      fallbacks: around.fallbacks,
      readOn: createReadOn(db),
      clock,
      log,
      config,
      audit,
      secrets,
      keys: createKeys({ db, now, audit, secrets, logins, rotateAfter: () => config().keys.rotateAfter, forsake, elsewhere }),
      devices,
      logins,
      accounts: createAccounts({ db, now, audit, passwords, logins }),
      signIn: createSignIn({ db, audit, tally: signInTally, passwords, throttle, devices, logins }),
      invites: createInvites({ db, now, audit, passwords }),
      tokens: createTokens({
        ...{ db, audit, tally: tokenTally, secrets, now },
        // Not the incarnation: a restore would end all tokens of programs, whatever became of their logins.
        issuer: `urn:parley:${store.lineage}`,
        tokenLife: () => config().token.life,
      }),
      webSessions: createWebSessions({ db, now, secrets, vault: around.vault }),
      rooms: createRooms({ db, log: roomLog, reads, limits, pace }),
      messages: createMessages({
        log: roomLog,
        reads,
        bus,
        pace,
        textLength: () => limits().textLength,
      }),
      /** Records what was only counted in the last minute. */
      async sweepTallies(): Promise<void> {
        await signInTally.sweep()
        await tokenTally.sweep()
      },
      /** Everything handed in is on disk when this resolves. */
      async close(): Promise<void> {
        await around.close()
        await Promise.all([signInTally.close(), tokenTally.close()]).catch((err) =>
          log.error({ event: 'audit_failed', err }, 'What had been counted could not be recorded'),
        )
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** What the operator does in a room is recorded before it is done, since another thread writes it: of what then failed a second record says so. */
const operatorNotes =
  (audit: Audit): NoteOperator =>
  (room, act, refused) =>
    audit.write({
      event: `room_${act.act}`,
      what: room,
      extra: {
        ...('account' in act && { account: act.account }),
        ...('role' in act && { role: act.role }),
        ...('on' in act && { on: act.on }),
        ...(refused !== undefined && { refused }),
      },
    })

export type House = Awaited<ReturnType<typeof openHouse>>

export { examining, moving, restoring } from './lent.ts'

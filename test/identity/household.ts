import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccounts } from '../../src/identity/accounts.ts'
import { createAudit } from '../../src/identity/audit.ts'
import { createTally } from '../../src/identity/audit-tally.ts'
import { createDevices } from '../../src/identity/devices.ts'
import { createInvites } from '../../src/identity/invites.ts'
import { createKeys } from '../../src/identity/keys.ts'
import { type Announce, createLogins } from '../../src/identity/logins.ts'
import { createSeal } from '../../src/identity/master-key.ts'
import { createPasswords } from '../../src/identity/passwords.ts'
import { openSecrets } from '../../src/identity/secrets.ts'
import { createSignIn } from '../../src/identity/sign-in.ts'
import { createThrottle } from '../../src/identity/throttle.ts'
import { createTokens } from '../../src/identity/tokens.ts'
import { createWebSessions } from '../../src/identity/web-sessions.ts'
import { openTestStore } from '../support/store.ts'

export const hour = 3_600_000
export const day = 24 * hour
export const password = 'a long enough sentence'
export const masterKey = createSecretKey(Buffer.alloc(32, 7))

export interface Tuning {
  perAccount?: number
  perAddress?: number
  perPair?: number
  failuresInARow?: number
  passwordQueue?: number
  loginsPerAccount?: number
  announce?: Announce
  auditedAddresses?: number
  rotateAfter?: number
  /** In place of the clock that a test turns. */
  now?: () => number
}

/** Everything identity is made of, over a real store in a folder of its own, under a clock that a test may turn. */
export async function openHousehold(tuning: Tuning = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-identity-'))
  const store = await openTestStore(folder)
  const { db } = store
  const clock = { now: Date.UTC(2026, 10, 20) }
  const now = tuning.now ?? (() => clock.now)
  const told: Parameters<Announce>[0] = []
  const announce: Announce =
    tuning.announce ??
    (async (ended) => {
      told.push(...ended)
      return { connections: ended.length, unconfirmed: 0 }
    })

  const secrets = await openSecrets({ db, now, masterKey })
  const { cookieSecrets } = secrets
  const audit = createAudit({ db, now, seal: createSeal(masterKey) })
  const tally = createTally({ audit, now, most: () => tuning.auditedAddresses ?? 100 })
  const logins = createLogins({
    db,
    now,
    audit,
    announce,
    idleMs: () => 12 * hour,
    absoluteMs: () => 14 * day,
    most: () => tuning.loginsPerAccount ?? 1_000,
  })
  const passwords = createPasswords({ atOnce: () => 2, queue: () => tuning.passwordQueue ?? 1_000 })
  const devices = createDevices({ cookieSecrets, now })
  const { perAccount = 1_000, perAddress = 1_000, perPair = Math.ceil(perAccount / 2) } = tuning
  const throttle = createThrottle({
    perAccount: () => perAccount,
    perAddress: () => perAddress,
    perPair: () => perPair,
    failuresInARow: () => tuning.failuresInARow ?? 100,
  })
  const accounts = createAccounts({ db, now, audit, passwords, logins })
  const signIn = createSignIn({ db, audit, tally, passwords, throttle, devices, logins })
  const tokens = createTokens({ db, audit, tally, secrets, now, issuer: 'parley-test', tokenLife: () => 600_000 })
  const webSessions = createWebSessions({ db, now, secrets })
  const invites = createInvites({ db, now, audit, passwords })
  const rotateAfter = () => tuning.rotateAfter ?? 0
  const keys = createKeys({ db, now, audit, secrets, logins, rotateAfter, forsake: async () => 0 })

  return {
    ...{
      audit,
      tally,
      keys,
      folder,
      store,
      db,
      clock,
      now,
      told,
      secrets,
      logins,
      passwords,
      devices,
      throttle,
      accounts,
      signIn,
      tokens,
      webSessions,
      invites,
    },
    /** A login of an account that needs no password. */
    async someone(name: string, credential: 'cookie' | 'token' = 'cookie') {
      const account = (await accounts.find(name)) ?? (await accounts.add({ name, role: 'member' }))
      return logins.begin({ account: account.id, credential, label: 'a test', address: '127.0.0.1' })
    },
    async close() {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
}

export type Household = Awaited<ReturnType<typeof openHousehold>>

export const refusal = (code: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, code)
  return true
}

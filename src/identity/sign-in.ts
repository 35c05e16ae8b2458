import type { Kysely } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Account } from '../protocol/events.ts'
import { fold } from '../protocol/names.ts'
import type { AccountRow, Tables } from '../store/schema.ts'
import { toAccount } from './accounts.ts'
import { addressKey } from './address.ts'
import type { Audit, AuditRecord } from './audit.ts'
import type { Tally } from './audit-tally.ts'
import type { Devices } from './devices.ts'
import type { Ended, Logins } from './logins.ts'
import type { Passwords } from './passwords.ts'
import type { createThrottle } from './throttle.ts'

export interface SignInGiven {
  name: string
  password: string
  /** Where it comes from; part of the throttle. */
  address: string
  /** The mark of the device, as its cookie holds it. */
  device?: string | undefined
}

export interface SignIn {
  /**
   * Who that is. `proof` goes to `logins.begin`, which refuses it once the password has changed.
   * @throws Refusal signed_out (one answer for every cause) · rate_limited · unavailable
   */
  signIn(given: SignInGiven): Promise<{ account: Account; proof: string }>
  /** A person's own change: the present password is proved under the same throttle. Ends all other logins. @throws as signIn, and invalid */
  changePassword(given: SignInGiven & { next: string; login: string }): Promise<Ended>
  /** The mark for a device on which this account is signed in: of the password that was proved, else of the present one. */
  markDevice(account: { id: string; proof?: string | undefined; before?: string | undefined }): Promise<string>
}

interface Deps {
  db: Kysely<Tables>
  audit: Pick<Audit, 'note'>
  tally: Pick<Tally, 'add' | 'count'>
  passwords: Passwords
  throttle: ReturnType<typeof createThrottle>
  devices: Devices
  logins: Pick<Logins, 'end'>
}

const refused = () => new Refusal('signed_out', 'That name and password do not belong together.')

/** Without the name where nobody has it: people type their password there. */
const failed = (event: AuditRecord['event'], address: string, account?: string): AuditRecord => ({
  event,
  who: 'nobody',
  address,
  ...(account !== undefined && { what: account }),
})

/** Proving who one is with a password. A name that nobody has costs the same, is counted the same and is answered the same. */
export function createSignIn({ db, audit, tally, passwords, throttle, devices, logins }: Deps): SignIn {
  async function prove({ name, password, address, device: mark }: SignInGiven): Promise<AccountRow & { password: string }> {
    if (!devices.isOurs(mark)) passwords.checkRoom() // a crowd costs no look into the store
    const row = await db
      .selectFrom('account')
      .selectAll()
      .where('fold', '=', fold(name.slice(0, 64)))
      .executeTakeFirst()
    const device = row && devices.read(mark, row)
    const attempt = { account: row?.id, name, address, device }
    await throttle.take(attempt).catch((error) => {
      tally.count(addressKey(address), failed('excess_rate_limit_exceeded', address, row?.id))
      throw error
    })
    const { right, stale } = await passwords.verify(password, row?.password ?? null, device && row?.id)
    if (row === undefined || row.password === null || row.disabled_at !== null || !right) {
      await tally.add(addressKey(address), failed('authn_login_fail', address, row?.id))
      throw refused()
    }
    await throttle.giveBack(attempt)
    return stale ? { ...row, password: await renew(row.id, row.password, password) } : { ...row, password: row.password }
  }

  /** The cost has risen since this was hashed. Only if it is still the same: somebody may be changing it right now. */
  async function renew(id: string, stored: string, password: string): Promise<string> {
    const hash = await passwords.rehash(password)
    const done = await db
      .updateTable('account')
      .set({ password: hash })
      .where('id', '=', id)
      .where('password', '=', stored)
      .returning('id')
      .execute()
    return done.length === 1 ? hash : stored
  }

  return {
    async signIn(given) {
      const row = await prove(given)
      return { account: toAccount(row), proof: row.password }
    },

    async markDevice({ id, proof, before }) {
      const stored = () => db.selectFrom('account').select('password').where('id', '=', id).executeTakeFirst()
      return devices.mark({ id, password: proof ?? (await stored())?.password ?? null }, before)
    },

    async changePassword(given) {
      const row = await prove({ ...given })
      const hash = await passwords.hash(given.next, row.name)
      return logins.end({ account: row.id, except: given.login }, 'password_changed', async (tx) => {
        const done = await tx
          .updateTable('account')
          .set({ password: hash })
          .where('id', '=', row.id)
          .where('password', '=', row.password)
          .returning('id')
          .execute()
        if (done.length === 0) throw refused()
        await audit.note(tx, { event: 'authn_password_change', who: row.id, what: row.id, address: given.address })
      })
    },
  }
}

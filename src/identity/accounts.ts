import type { Kysely, Transaction } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Account, AccountRole } from '../protocol/events.ts'
import { fold } from '../protocol/names.ts'
import type { AccountRow, Tables } from '../store/schema.ts'
import { checkDisplay, checkName } from './account-name.ts'
import type { Audit } from './audit.ts'
import { randomId } from './ids.ts'
import type { Ended, Logins } from './logins.ts'
import type { Passwords } from './passwords.ts'

export interface AccountEntry extends Account {
  disabled: boolean
  createdAt: number
}

export interface NewAccount {
  name: string
  /** Default: the name. */
  display?: string | undefined
  /** Without one the account cannot sign in with a password. */
  password?: string | undefined
  role: AccountRole
}

/** The people and bots of this server. Signing in and one's own password are in `sign-in.ts`. */
export interface Accounts {
  /** @throws Refusal invalid · name_taken · unavailable */
  add(given: NewAccount): Promise<Account>
  list(): Promise<AccountEntry[]>
  count(): Promise<number>
  /** Whether somebody who can sign in administers this server. */
  hasAdmin(): Promise<boolean>
  /** By name, whatever its case. */
  find(name: string): Promise<AccountEntry | undefined>
  get(id: string): Promise<AccountEntry | undefined>
  /** Ends all its logins. @throws Refusal conflict for the last admin who can sign in */
  disable(id: string): Promise<Ended>
  enable(id: string): Promise<void>
  /** Ends all its logins but `except`. @throws Refusal invalid */
  setPassword(id: string, password: string, except?: string): Promise<Ended>
  /** Lowering ends all its logins. @throws Refusal conflict for the last admin who can sign in */
  setRole(id: string, role: AccountRole): Promise<Ended>
}

interface Deps {
  db: Kysely<Tables>
  now: () => number
  audit: Pick<Audit, 'note'>
  passwords: Passwords
  logins: Pick<Logins, 'end'>
}

const nothingEnded: Ended = { logins: 0, connections: 0, unconfirmed: 0 }

export function createAccounts({ db, now, audit, passwords, logins }: Deps): Accounts {
  const rowOf = async (id: string, tx: Kysely<Tables> = db): Promise<AccountRow> => {
    const row = await tx.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()
    if (row === undefined) throw new Refusal('invalid', 'There is no such account.')
    return row
  }
  const set = (tx: Kysely<Tables>, id: string, to: Partial<AccountRow>) => tx.updateTable('account').set(to).where('id', '=', id).execute()

  return {
    async add(given) {
      const row = await newAccount(given, passwords, now())
      await db.transaction().execute((tx) => insertAccount(tx, row, audit))
      return toAccount(row)
    },

    async list() {
      const rows = await db.selectFrom('account').selectAll().orderBy('fold').execute()
      return rows.map(toEntry)
    },

    count: () => countAccounts(db),

    hasAdmin: async () => (await enabledAdmins(db).limit(1).executeTakeFirst()) !== undefined,

    async find(name) {
      const row = await db.selectFrom('account').selectAll().where('fold', '=', fold(name)).executeTakeFirst()
      return row && toEntry(row)
    },

    async get(id) {
      const row = await db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toEntry(row)
    },

    disable: (id) =>
      logins.end({ account: id }, 'account_disabled', async (tx) => {
        await keepAnAdmin(tx, await rowOf(id, tx))
        await set(tx, id, { disabled_at: now() })
        await audit.note(tx, { event: 'user_disabled', what: id })
      }),

    async enable(id) {
      await db.transaction().execute(async (tx) => {
        await rowOf(id, tx)
        await set(tx, id, { disabled_at: null })
        await audit.note(tx, { event: 'user_enabled', what: id })
      })
    },

    async setPassword(id, password, except) {
      const hash = await passwords.hash(password, (await rowOf(id)).name)
      return logins.end({ account: id, ...(except !== undefined && { except }) }, 'password_changed', async (tx) => {
        await set(tx, id, { password: hash })
        await audit.note(tx, { event: 'authn_password_change', what: id })
      })
    },

    async setRole(id, role) {
      const before = await rowOf(id)
      if (before.role === role) return nothingEnded
      const change = async (tx: Transaction<Tables>) => {
        await set(tx, id, { role })
        await audit.note(tx, { event: 'privilege_permissions_changed', what: id, extra: { from: before.role, to: role } })
      }
      if (before.role === 'member') {
        await db.transaction().execute(change)
        return nothingEnded
      }
      return logins.end({ account: id }, 'role_lowered', async (tx) => {
        await keepAnAdmin(tx, await rowOf(id, tx))
        await change(tx)
      })
    },
  }
}

/** Checked and hashed, not yet in the store. @throws Refusal invalid · name_taken · unavailable */
export async function newAccount(given: NewAccount, passwords: Passwords, at: number): Promise<AccountRow> {
  const name = checkName(given.name)
  const display = checkDisplay(given.display === undefined || given.display.trim() === '' ? name : given.display)
  const password = given.password === undefined ? null : await passwords.hash(given.password, name)
  return { id: randomId(), name, fold: fold(name), display, role: given.role, password, created_at: at, disabled_at: null }
}

/**
 * @param who whose doing it is, when nothing around it says that.
 * @throws Refusal name_taken
 */
export async function insertAccount(tx: Transaction<Tables>, row: AccountRow, audit: Pick<Audit, 'note'>, who?: string): Promise<void> {
  const made = await tx
    .insertInto('account')
    .values(row)
    .onConflict((clash) => clash.column('fold').doNothing())
    .returning('id')
    .execute()
  if (made.length === 0) throw new Refusal('name_taken')
  await audit.note(tx, { event: 'user_created', who, what: row.id, extra: { name: row.name, role: row.role } })
}

export async function countAccounts(tx: Kysely<Tables>): Promise<number> {
  const { n } = await tx
    .selectFrom('account')
    .select((eb) => eb.fn.countAll().as('n'))
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** Without an admin nobody could let anybody in again but whoever sits at the machine. */
async function keepAnAdmin(tx: Transaction<Tables>, leaving: AccountRow): Promise<void> {
  if (leaving.role !== 'admin' || leaving.disabled_at !== null) return
  // All of them are held, in one order: of two admins who disable each other at once, one is the last.
  const admins = await enabledAdmins(tx).orderBy('id').forUpdate().execute()
  if (!admins.some(({ id }) => id !== leaving.id))
    throw new Refusal('conflict', 'This is the last admin who can sign in. Make another one first.')
}

const enabledAdmins = (db: Kysely<Tables>) =>
  db.selectFrom('account').select('id').where('role', '=', 'admin').where('disabled_at', 'is', null)

export const toAccount = ({ id, name, display, role }: AccountRow): Account => ({ id, name, display, role })

const toEntry = (row: AccountRow): AccountEntry => ({ ...toAccount(row), disabled: row.disabled_at !== null, createdAt: row.created_at })

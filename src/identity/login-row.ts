import type { AccountRole } from '../protocol/events.ts'
import type { AccountRow, EndedWhy, LoginRow } from '../store/schema.ts'
import type { Login } from './logins.ts'

/** What a query over logins reads of the account that each belongs to. */
export const accountColumns = [
  'account.name as account_name',
  'account.display as account_display',
  'account.role as account_role',
  'account.disabled_at as account_disabled_at',
] as const

export type LoginWithAccount = LoginRow & {
  account_name: string
  account_display: string
  account_role: AccountRole
  account_disabled_at: number | null
}

/** Why a login no longer holds at `now`; undefined while it does. The one decision behind cookies, tokens, tickets and open sockets. */
export function verdict(row: LoginWithAccount, now: number): EndedWhy | undefined {
  if (row.ended_at !== null) return row.ended_why ?? 'ended'
  if (row.account_disabled_at !== null) return 'account_disabled'
  if (now >= row.expires_at) return 'absolute'
  if (row.idle_ms > 0 && now >= row.last_seen_at + row.idle_ms) return 'idle'
  return undefined
}

export const toLogin = (row: LoginWithAccount): Login => ({
  id: row.id,
  account: { id: row.account, name: row.account_name, display: row.account_display, role: row.account_role },
  credential: row.credential,
  label: row.label,
  address: row.address,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
  expiresAt: row.expires_at,
  idleMs: row.idle_ms,
})

export const withAccount = (row: LoginRow, account: AccountRow): LoginWithAccount => ({
  ...row,
  account_name: account.name,
  account_display: account.display,
  account_role: account.role,
  account_disabled_at: account.disabled_at,
})

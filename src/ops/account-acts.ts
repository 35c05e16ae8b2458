import * as v from 'valibot'
import type { AccountEntry } from '../identity/accounts.ts'
import type { Ended } from '../identity/logins.ts'
import type { Account } from '../protocol/events.ts'
import { act, name, nothing } from './act.ts'
import { findAccount } from './lookup.ts'

const role = v.picklist(['admin', 'member'], 'must be admin or member')
/** What is good enough is for identity/passwords.ts to say; this only bounds it. */
const password = v.pipe(v.string('must be text'), v.maxLength(4096, 'is too long'))
const whom = v.object({ account: name })

/** What became of an account, with the logins that ended by it. */
export type Changed = Account & { disabled: boolean } & Ended

const changed = ({ id, name, display, role, disabled }: AccountEntry, ended: Ended = noLogins): Changed => ({
  id,
  name,
  display,
  role,
  disabled,
  ...ended,
})
const noLogins: Ended = { logins: 0, connections: 0, unconfirmed: 0 }
const aboutChange = ({ id, name, logins, connections }: Changed) => ({ account: id, name, logins, connections })

/** `lacksAdmin`: nobody administers this server, and since it has an account no set-up link makes somebody. */
export const accountAdd = act({
  input: v.object({ name, role: v.optional(role, 'member'), display: v.optional(name), password: v.optional(password) }),
  event: 'user_created',
  async run({ house }, given): Promise<Account & { lacksAdmin?: true }> {
    const made = await house.accounts.add(given)
    return { ...made, ...(!(await house.accounts.hasAdmin()) && { lacksAdmin: true }) }
  },
  about: (_, made) => ({ account: made.id, name: made.name, role: made.role }),
})

export const accountList = act({
  input: nothing,
  event: 'user_listed',
  onlyReads: true,
  run: ({ house }): Promise<AccountEntry[]> => house.accounts.list(),
})

export const accountDisable = act({
  input: whom,
  event: 'user_disabled',
  async run({ house }, { account }) {
    const found = await findAccount(house, account)
    return changed({ ...found, disabled: true }, await house.accounts.disable(found.id))
  },
  about: (_, made) => aboutChange(made),
})

export const accountEnable = act({
  input: whom,
  event: 'user_enabled',
  async run({ house }, { account }) {
    const found = await findAccount(house, account)
    await house.accounts.enable(found.id)
    return changed({ ...found, disabled: false })
  },
  about: (_, made) => aboutChange(made),
})

/** Ends all logins of the account: whoever knew the old password is out. */
export const accountPassword = act({
  input: v.object({ account: name, password }),
  event: 'authn_password_change',
  async run({ house }, given) {
    const found = await findAccount(house, given.account)
    return changed(found, await house.accounts.setPassword(found.id, given.password))
  },
  about: (_, made) => aboutChange(made),
})

export const accountRole = act({
  input: v.object({ account: name, role }),
  event: 'privilege_permissions_changed',
  async run({ house }, given) {
    const found = await findAccount(house, given.account)
    return changed({ ...found, role: given.role }, await house.accounts.setRole(found.id, given.role))
  },
  about: (_, made) => ({ ...aboutChange(made), role: made.role }),
})

import { randomBytes } from 'node:crypto'
import * as v from 'valibot'
import type { House } from '../house.ts'
import { Refusal } from '../protocol/codes.ts'
import { act, name } from './act.ts'

/** ms: longer than all checks together take; whoever is interrupted leaves nothing that holds. */
const life = 15 * 60_000
const prefix = 'parley-doctor-'
const display = 'parley doctor'

const isHex = /^[0-9a-f]{8}$/

/** Somebody else may have such a name: only what the doctor makes looks like this in all of it. */
const isDoctors = (account: { name: string; display: string; role: string }): boolean =>
  account.name.startsWith(prefix) &&
  isHex.test(account.name.slice(prefix.length)) &&
  account.display === display &&
  account.role === 'member'

/**
 * An account with a login for as long as `parley doctor` looks, since whether a page can sign in and open its socket shows only when one does.
 * @throws Refusal `unavailable` while there is no account: the first one is somebody's to make.
 */
export const doctorBegin = act({
  input: v.object({}),
  event: 'doctor_began',
  async run({ house }) {
    await leaveNothing(house, house.clock.now() - life)
    if ((await house.accounts.count()) === 0) throw new Refusal('unavailable', 'There is no account yet.')
    const given = { name: `${prefix}${randomBytes(4).toString('hex')}`, password: randomBytes(24).toString('base64url') }
    const account = await house.accounts.add({ ...given, role: 'member', display })
    const expiresAt = Math.ceil((house.clock.now() + life) / 1000) * 1000
    const login = await house.logins.begin({
      account: account.id,
      credential: 'token',
      label: 'parley doctor',
      address: 'local',
      expiresAt,
    })
    const { token } = await house.tokens.token(login, { expiresAt })
    return { ...given, account: account.id, token }
  },
  about: (_, { account }) => ({ account }),
})

export const doctorEnd = act({
  input: v.object({ account: name }),
  event: 'doctor_ended',
  async run({ house }, { account }) {
    const found = await house.accounts.get(account)
    if (!found || !isDoctors(found)) throw new Refusal('invalid', 'That is no account of the doctor.')
    await forget(house, account)
    return { account }
  },
  about: ({ account }) => ({ account }),
})

/** What an earlier look could not take away, because it was killed. */
async function leaveNothing(house: House, before: number): Promise<void> {
  for (const account of await house.accounts.list()) if (isDoctors(account) && account.createdAt < before) await forget(house, account.id)
}

async function forget({ logins, store }: House, account: string): Promise<void> {
  await logins.end({ account }, 'ended')
  await store.db.transaction().execute(async (tx) => {
    await tx.deleteFrom('login').where('account', '=', account).execute()
    await tx.deleteFrom('account').where('id', '=', account).execute()
  })
}

import * as v from 'valibot'
import type { House } from '../house.ts'
import type { Ended, Login } from '../identity/logins.ts'
import { Refusal } from '../protocol/codes.ts'
import { act, name, type Scene } from './act.ts'
import { findAccount } from './lookup.ts'
import type { OpenConnection } from './running.ts'

export interface LoginEntry {
  id: string
  /** The account's name. */
  account: string
  credential: Login['credential']
  label: string
  address: string
  createdAt: number
  lastSeenAt: number
  expiresAt: number
  connections: OpenConnection[]
}

const minute = 60_000
const ids = v.pipe(v.array(name, 'must be a list'), v.minLength(1, 'must name one'), v.maxLength(500, 'must name at most 500'))

/** Of one account, or of everyone. */
export const loginList = act({
  input: v.object({ account: v.optional(name) }),
  event: 'session_listed',
  onlyReads: true,
  async run({ house, running }, { account }): Promise<LoginEntry[]> {
    const accounts = account === undefined ? await signedIn(house) : [(await findAccount(house, account)).id]
    const logins: Login[] = []
    for (const id of accounts) logins.push(...(await house.logins.list(id)))
    const open = await connectionsOf({ house, running }, logins)
    return logins.map(({ account, idleMs: _, ...login }) => ({ ...login, account: account.name, connections: open.get(login.id) ?? [] }))
  },
  about: ({ account }) => ({ of: account ?? 'everyone' }),
})

async function signedIn({ store }: House): Promise<string[]> {
  const rows = await store.db.selectFrom('login').select('account').distinct().where('ended_at', 'is', null).execute()
  return rows.map(({ account }) => account)
}

const connectionsOf = async ({ running }: Scene, logins: Login[]): Promise<Map<string, OpenConnection[]>> =>
  (await running?.connectionsOf?.(logins.map(({ id }) => id))) ?? new Map()

/** `unheld`: of the ids that were named, those of no login that held. */
export type EndedByName = Ended & { unheld?: string[] }

/** Returns when it is true on every node that can be reached; `unconfirmed` counts the others. */
export const loginEnd = act({
  input: v.union([v.strictObject({ account: name }), v.strictObject({ ids })], 'must name either account or ids'),
  event: 'session_ended',
  async run({ house }, which): Promise<EndedByName> {
    if ('account' in which) return house.logins.end({ account: (await findAccount(house, which.account)).id }, 'ended')
    const unheld = [...(await house.logins.check(which.ids)).keys()]
    // Those as well: whoever asks a second time waits until the first ending has been told everywhere.
    const ended = await house.logins.end(which, 'ended')
    return { ...ended, ...(unheld.length > 0 && { unheld }) }
  },
  about: (which, ended) => ({ ...which, ...ended }),
})

/** A session token for a program, on a login of its own: ending that login ends the token and its connections. */
export const tokenIssue = act({
  input: v.object({
    account: name,
    /** ms. */
    ttl: v.pipe(
      v.number('must be a number of ms'),
      v.safeInteger(),
      v.minValue(1_000, 'must be at least 1s'),
      v.maxValue(400 * 24 * 60 * minute, 'must be at most 400d'),
    ),
    label: v.optional(name, 'token of the operator'),
  }),
  event: 'authn_token_created',
  async run({ house }, given) {
    const { id, name, disabled } = await findAccount(house, given.account)
    if (disabled) throw new Refusal('forbidden', `The account "${name}" is disabled.`)
    // The token counts whole seconds; its login must not end before it.
    const expiresAt = Math.ceil((house.clock.now() + given.ttl) / 1000) * 1000
    const login = await house.logins.begin({ account: id, credential: 'token', label: given.label, address: 'local', expiresAt })
    return house.tokens.token(login, { expiresAt }).catch(async (error) => {
      await house.logins.end({ ids: [login.id] }, 'ended') // nobody holds a token for it
      throw error
    })
  },
  about: ({ account, label }, made) => ({ account, label, expiresAt: made.expiresAt }),
})

import type { Kysely, Transaction } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Account } from '../protocol/events.ts'
import type { Glance } from '../store/glance.ts'
import type { EndedWhy, LoginRow, Tables } from '../store/schema.ts'
import type { Audit } from './audit.ts'
import { randomId } from './ids.ts'
import { chunks, createEndings, inTime } from './login-endings.ts'
import { accountColumns, type LoginWithAccount, toLogin, verdict, withAccount } from './login-row.ts'

export type { EndedWhy } from '../store/schema.ts'

/** One signed-in session of an account: a browser, or a token. `id` is the login handle that connections are bound to. */
export interface Login {
  id: string
  account: Account
  credential: 'cookie' | 'token'
  /** What the person sees in the list of sign-ins. */
  label: string
  address: string
  createdAt: number
  lastSeenAt: number
  /** Absolute end, ms since 1970; no renewal moves it. */
  expiresAt: number
  /** ms without activity after which it ends; 0 = none. */
  idleMs: number
}

/** What ending did: `unconfirmed` counts nodes that have not said yet that their connections are closed. */
export interface Ended {
  logins: number
  connections: number
  unconfirmed: number
}

/** Told after the transaction that ended logins has committed; closes their connections everywhere and says how many. */
export type Announce = (ended: { login: string; account: string; why: EndedWhy }[]) => Promise<{ connections: number; unconfirmed: number }>

export interface Beginning {
  /** Account id. */
  account: string
  credential: 'cookie' | 'token'
  label: string
  address: string
  /** Absolute end; default: now + the absolute limit. */
  expiresAt?: number
  /** Default: the idle limit for cookies, none for tokens. */
  idleMs?: number
  /** The stored hash that the given password matched: a password changed in between refuses the login. */
  proof?: string
}

/** Which logins to end: some of them, all of an account but one, or those whose cookie or token a key has signed. */
export type Which = { ids: string[] } | { account: string; except?: string } | { key: string }

export interface Logins {
  /** @throws Refusal signed_out when the account is gone, disabled, or its password has changed since `proof`. */
  begin(beginning: Beginning): Promise<Login>
  /** Only a login that holds now: not ended, not past its absolute or idle limit, its account not disabled. */
  find(id: string): Promise<Login | undefined>
  /** Those of `ids` that no longer hold, and why; idle and too old ones are marked as ended on the way. */
  check(ids: string[]): Promise<Map<string, EndedWhy>>
  /** There was activity at `at`. Extends what has not ended and never brings anything back. */
  touch(ids: string[], at: number): Promise<void>
  /** Those of an account that hold, newest first. */
  list(account: string): Promise<Login[]>
  /**
   * Ends them, tells every node, and returns when it is true everywhere.
   * @param because the change that they end for (a new password …), made in the same transaction; if it throws, nothing ends.
   */
  end(which: Which, why: EndedWhy, because?: (tx: Transaction<Tables>) => Promise<void>): Promise<Ended>
  /** Ends what nobody looks at any more and forgets what ended long ago. */
  sweep(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  /** Default: `db`. */
  glance?: Glance
  now: () => number
  audit: Pick<Audit, 'note'>
  announce: Announce
  /** Limits as they are now; a login keeps those it began with. */
  idleMs: () => number
  absoluteMs: () => number
  /** Logins of one account; the oldest ends when another begins. */
  most?: () => number
  /** Told when logins have ended, and for a call how many ms it took until their last bytes were out. */
  ended?: (why: EndedWhy, logins: number, ms?: number) => void
}

/** Surplus logins that one sign-in ends at most. */
const mostSurplus = 500

/** Who is signed in. The row in the store is the only authority; cookies and tokens merely lead to it. */
export function createLogins({ db, glance, now, audit, announce, idleMs, absoluteMs, most = () => 1_000, ended }: Deps): Logins {
  const { end, runOut, sweep } = createEndings({ db, now, audit, announce, ...(ended && { ended }) })
  const rows = () => db.selectFrom('login').innerJoin('account', 'account.id', 'login.account').selectAll('login').select(accountColumns)

  async function begin(given: Beginning): Promise<Login> {
    const at = now()
    const row: LoginRow = {
      id: randomId(),
      account: given.account,
      credential: given.credential,
      label: given.label,
      address: given.address,
      created_at: at,
      last_seen_at: at,
      expires_at: given.expiresAt ?? at + absoluteMs(),
      idle_ms: given.idleMs ?? (given.credential === 'cookie' ? idleMs() : 0),
      ended_at: null,
      ended_why: null,
      kid: null,
    }
    const account = await db.transaction().execute(async (tx) => {
      // Writing to the account's row makes this wait for a password change or a disabling that is under way, on any database.
      const owner = await tx
        .updateTable('account')
        .set((eb) => ({ role: eb.ref('role') }))
        .where('id', '=', given.account)
        .returningAll()
        .executeTakeFirst()
      const holds = owner !== undefined && owner.disabled_at === null && (given.proof === undefined || owner.password === given.proof)
      if (!holds) throw new Refusal('signed_out', 'This account cannot sign in, or its password has just changed.')
      await tx.insertInto('login').values(row).execute()
      await audit.note(tx, {
        event: given.proof === undefined ? 'session_created' : 'authn_login_success',
        ...(row.credential === 'cookie' && { who: row.account }), // nobody signs somebody else's browser in
        ...{ what: row.account, login: row.id, address: row.address },
        extra: { credential: row.credential, expiresAt: row.expires_at },
      })
      return owner
    })
    await makeRoom(row)
    return toLogin(withAccount(row, account))
  }

  /** Ends those not used for longest, never the one that needs the room. */
  async function makeRoom({ id: newest, account, created_at }: LoginRow): Promise<void> {
    const surplus = await db
      .selectFrom('login')
      .select('id')
      .where('account', '=', account)
      .where('id', '<>', newest)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', created_at)
      .orderBy('last_seen_at', 'desc')
      .orderBy('created_at', 'desc')
      .offset(Math.max(0, most() - 1))
      .limit(mostSurplus)
      .execute()
    if (surplus.length > 0) await end({ ids: surplus.map(({ id }) => id) }, 'ended')
  }

  /** Each connection asks this twice: the words are made once, only the id is new (a twentieth of what a connection costs the main thread). */
  const byId = rows().where('login.id', '=', '').compile()
  const look: Glance = glance ?? (async (query) => (await db.executeQuery(query)).rows[0])

  async function find(id: string): Promise<Login | undefined> {
    const row = await look<LoginWithAccount>({ ...byId, parameters: [id] })
    return row !== undefined && verdict(row, now()) === undefined ? toLogin(row) : undefined
  }

  async function check(ids: string[]): Promise<Map<string, EndedWhy>> {
    const gone = new Map<string, EndedWhy>()
    const at = now()
    for (const some of chunks(ids)) {
      const found = new Map((await rows().where('login.id', 'in', some).execute()).map((row) => [row.id, row]))
      for (const id of some) {
        const row = found.get(id)
        const why = row === undefined ? 'ended' : verdict(row, at)
        if (why !== undefined) gone.set(id, why)
      }
      const ranOut = (how: EndedWhy) => some.filter((id) => gone.get(id) === how && found.get(id)?.ended_at === null)
      await runOut(ranOut('idle'), 'idle')
      await runOut(ranOut('absolute'), 'absolute')
    }
    return gone
  }

  async function touch(ids: string[], at: number): Promise<void> {
    for (const some of chunks(ids)) {
      await db
        .updateTable('login')
        .set({ last_seen_at: at })
        .where('id', 'in', some)
        .where('last_seen_at', '<', at)
        .where(inTime(at))
        .execute()
    }
  }

  async function list(account: string): Promise<Login[]> {
    const found = await rows()
      .where('login.account', '=', account)
      .where('ended_at', 'is', null)
      .orderBy('login.created_at', 'desc')
      .execute()
    return found.filter((row) => verdict(row, now()) === undefined).map(toLogin)
  }

  return { begin, find, check, touch, list, end, sweep }
}

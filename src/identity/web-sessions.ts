import { type SessionData, Store } from 'express-session'
import type { Kysely } from 'kysely'
import * as v from 'valibot'
import type { Tables } from '../store/schema.ts'
import { readSigned } from './cookie.ts'
import { hashOf } from './ids.ts'
import type { Secrets } from './secrets.ts'
import type { Vault } from './session-vault.ts'

declare module 'express-session' {
  interface SessionData {
    /** The login handle. */
    login: string
    csrf: string
  }
}

export interface WebSessions {
  /** For express-session. */
  store: Store
  /** The login handle that the Cookie header of an upgrade leads to; undefined when it leads nowhere. @throws when the store fails. */
  handleOf(cookieHeader: string | undefined): Promise<string | undefined>
  /** The secret that its cookie is signed with. */
  keyOf(cookieHeader: string | undefined): string | undefined
  /** Deletes expired rows. */
  sweep(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  now: () => number
  secrets: Pick<Secrets, 'cookieSecrets' | 'cookieKids'>
  /** Where several nodes keep new ones; by itself a node keeps them in its store. */
  vault?: Vault | undefined
}

const handle = v.pipe(v.string(), v.regex(/^[\w-]{16,64}$/))
const payload = v.strictObject({ login: handle, csrf: handle })
type Payload = v.InferOutput<typeof payload>

/**
 * What leads from a browser's cookie to its login, by the SHA-256 of the session id: a stolen store yields no cookie.
 *
 * express-session saves what a request changed when the request ends, even when the person has signed out meanwhile, and with that signs
 * the old cookie in again. Here a session is written once, at sign-in, and never changes. A later save finds its row, the mark that
 * `destroy` left in its place, or a login that has ended, and writes nothing.
 *
 * Sessions that a node wrote to its store before it had a vault go on there until they end. They are not moved: a session that is
 * in one place only, from its beginning to its end, cannot be dropped in the one and found in the other.
 */
export function createWebSessions({ db, now, secrets, vault }: Deps): WebSessions {
  async function get(sid: string): Promise<Payload | undefined> {
    return toPayload(await vault?.get(hashOf(sid))) ?? fromStore(sid)
  }

  async function fromStore(sid: string): Promise<Payload | undefined> {
    const row = await db
      .selectFrom('web_session')
      .select('data')
      .where('id', '=', hashOf(sid))
      .where('login', 'is not', null)
      .where('expires_at', '>', now())
      .executeTakeFirst()
    return row && toPayload(parsed(row.data))
  }

  async function set(sid: string, session: unknown): Promise<void> {
    const given = v.safeParse(v.object(payload.entries), session)
    if (!given.success) return // nobody is signed in: there is nothing to remember
    if (vault) {
      if (await db.selectFrom('web_session').select('id').where('id', '=', hashOf(sid)).executeTakeFirst()) return
      const login = await noteKey(db, given.output.login)
      if (login) await vault.put(hashOf(sid), given.output, login.expires_at)
      return
    }
    await db.transaction().execute(async (tx) => {
      const login = await noteKey(tx, given.output.login)
      if (login === undefined) return
      await tx
        .insertInto('web_session')
        .values({ id: hashOf(sid), login: given.output.login, data: JSON.stringify(given.output), expires_at: login.expires_at })
        .onConflict((clash) => clash.doNothing())
        .execute()
    })
  }

  const noteKey = (tx: Kysely<Tables>, login: string) =>
    tx
      .updateTable('login')
      .set({ kid: secrets.cookieKids()[0] ?? null })
      .where('id', '=', login)
      .where('ended_at', 'is', null)
      .returning('expires_at')
      .executeTakeFirst()

  async function destroy(sid: string): Promise<void> {
    await db.updateTable('web_session').set({ login: null, data: '' }).where('id', '=', hashOf(sid)).execute()
    await vault?.drop(hashOf(sid))
  }

  return {
    store: new SqlStore({ get, set, destroy }),
    async handleOf(cookieHeader) {
      const signed = readSigned(cookieHeader, secrets.cookieSecrets)
      return signed && (await get(signed.sid))?.login
    },
    keyOf(cookieHeader) {
      const signed = readSigned(cookieHeader, secrets.cookieSecrets)
      return signed && secrets.cookieKids()[signed.by]
    },
    async sweep() {
      await db.deleteFrom('web_session').where('expires_at', '<=', now()).execute()
    },
  }
}

/** What is in the store is not trusted either: anything but the two strings is no session. */
function toPayload(data: unknown): Payload | undefined {
  const read = v.safeParse(payload, data)
  return read.success ? read.output : undefined
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

interface Rows {
  get(sid: string): Promise<Payload | undefined>
  set(sid: string, session: unknown): Promise<void>
  destroy(sid: string): Promise<void>
}

type Callback = (error?: unknown) => void

class SqlStore extends Store {
  readonly #rows: Rows

  constructor(rows: Rows) {
    super()
    this.#rows = rows
  }

  override get(sid: string, callback: (error: unknown, session?: SessionData | null) => void): void {
    // The cookie's own attributes are not kept: they are set anew whenever a cookie is.
    this.#rows.get(sid).then((found) => callback(null, found && { ...found, cookie: { originalMaxAge: null } }), callback)
  }

  override set(sid: string, session: SessionData, callback: Callback = () => {}): void {
    this.#rows.set(sid, session).then(() => callback(), callback)
  }

  override destroy(sid: string, callback: Callback = () => {}): void {
    this.#rows.destroy(sid).then(() => callback(), callback)
  }

  /** Nothing to extend: a session lasts as long as its login may, and the login knows when it was last active. */
  override touch(_sid: string, _session: SessionData, callback: () => void = () => {}): void {
    callback()
  }
}

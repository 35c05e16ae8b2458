import type { Kysely, Transaction } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Account } from '../protocol/events.ts'
import type { InviteRow, Tables } from '../store/schema.ts'
import { countAccounts, insertAccount, newAccount, toAccount } from './accounts.ts'
import type { Audit } from './audit.ts'
import { hashOf, randomId } from './ids.ts'
import type { Passwords } from './passwords.ts'

/** What a person who follows an invite link is shown. `by` and `room` are ids. */
export interface Invitation {
  by: string
  room?: string
  expiresAt: number
}

export interface NewPerson {
  name: string
  display?: string | undefined
  password: string
}

export interface Invites {
  /** A new set-up link's code, or undefined once an account exists. The one before stops working. */
  setup(): Promise<{ code: string; expiresAt: number } | undefined>
  /** Makes the first account, an admin. Single use; of two who race, one wins. @throws Refusal forbidden · invalid · unavailable */
  acceptSetup(code: string, person: NewPerson): Promise<Account>
  create(given: { by: string; room?: string | undefined; uses: number; expiresAt: number }): Promise<{ code: string; expiresAt: number }>
  /** Undefined when it is unknown, used up or too old: which of them is not said. */
  look(code: string): Promise<Invitation | undefined>
  /** Takes one use and makes the account; the caller adds it to `room`, in the name of `by`. @throws Refusal forbidden · invalid · name_taken · unavailable */
  accept(code: string, person: NewPerson): Promise<{ account: Account; by: string; room?: string }>
  sweep(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  now: () => number
  audit: Pick<Audit, 'note'>
  passwords: Passwords
}

const setupLife = 30 * 60_000
/** Whose the links are that no account has made. */
const server = 'parley'

/** By this the records of one link are found together; of 128 random bits a piece of the hash lets nobody in. */
const markOf = (code: string): string => hashOf(code).slice(0, 12)

/** Links that let somebody in. The code in a link is never stored, only its hash. */
export function createInvites({ db, now, audit, passwords }: Deps): Invites {
  async function insert(
    tx: Transaction<Tables>,
    row: Omit<InviteRow, 'code' | 'created_at'>,
  ): Promise<{ code: string; expiresAt: number }> {
    const code = randomId()
    await tx
      .insertInto('invite')
      .values({ ...row, code: hashOf(code), created_at: now() })
      .execute()
    const { kind, room, uses, expires_at: expiresAt } = row
    await audit.note(tx, {
      event: kind === 'setup' ? 'setup_link_created' : 'invite_created',
      ...(row.created_by !== server && { who: row.created_by }),
      extra: { link: markOf(code), ...(room !== null && { room }), uses, expiresAt },
    })
    return { code, expiresAt }
  }

  const usable = (code: string, kind: InviteRow['kind']) =>
    db
      .selectFrom('invite')
      .selectAll()
      .where('code', '=', hashOf(code))
      .where('kind', '=', kind)
      .where('uses', '>', 0)
      .where('expires_at', '>', now())
      .executeTakeFirst()

  /** The decrement is the claim: it counts in the same transaction as the account it lets in, so a name that is taken costs no use. */
  async function claim(tx: Transaction<Tables>, code: string, kind: InviteRow['kind']): Promise<InviteRow> {
    const row = await tx
      .updateTable('invite')
      .set((eb) => ({ uses: eb('uses', '-', 1) }))
      .where('code', '=', hashOf(code))
      .where('kind', '=', kind)
      .where('uses', '>', 0)
      .where('expires_at', '>', now())
      .returningAll()
      .executeTakeFirst()
    if (row === undefined) throw spent()
    return row
  }

  return {
    setup: () =>
      db.transaction().execute(async (tx) => {
        if ((await countAccounts(tx)) > 0) return undefined
        await tx.deleteFrom('invite').where('kind', '=', 'setup').execute()
        return insert(tx, { kind: 'setup', room: null, created_by: server, expires_at: now() + setupLife, uses: 1 })
      }),

    async acceptSetup(code, person) {
      // Looked at first without claiming: a password is hashed, which is dear, only for somebody who holds a good link.
      if ((await usable(code, 'setup')) === undefined) throw spent()
      const row = await newAccount({ ...person, role: 'admin' }, passwords, now())
      await db.transaction().execute(async (tx) => {
        await claim(tx, code, 'setup')
        // Recorded before it is asked: records wait for each other, and of two who hold a link each the second one finds the first.
        await audit.note(tx, { event: 'setup_link_used', who: row.id, extra: { link: markOf(code) } })
        if ((await countAccounts(tx)) > 0) throw spent()
        await insertAccount(tx, row, audit, row.id)
      })
      return toAccount(row)
    },

    create: ({ by, room, uses, expiresAt }) =>
      db.transaction().execute((tx) => insert(tx, { kind: 'invite', room: room ?? null, created_by: by, expires_at: expiresAt, uses })),

    async look(code) {
      const row = await usable(code, 'invite')
      return row && { by: row.created_by, ...(row.room !== null && { room: row.room }), expiresAt: row.expires_at }
    },

    async accept(code, person) {
      if ((await usable(code, 'invite')) === undefined) throw spent()
      const row = await newAccount({ ...person, role: 'member' }, passwords, now())
      const invite = await db.transaction().execute(async (tx) => {
        const claimed = await claim(tx, code, 'invite')
        const extra = { link: markOf(code), by: claimed.created_by, ...(claimed.room !== null && { room: claimed.room }) }
        await audit.note(tx, { event: 'invite_used', who: row.id, extra })
        await insertAccount(tx, row, audit, row.id)
        return claimed
      })
      return { account: toAccount(row), by: invite.created_by, ...(invite.room !== null && { room: invite.room }) }
    },

    async sweep() {
      await db
        .deleteFrom('invite')
        .where((eb) => eb.or([eb('expires_at', '<=', now()), eb('uses', '<=', 0)]))
        .execute()
    },
  }
}

const spent = () =>
  new Refusal(
    'forbidden',
    'This link is wrong, has been used or has expired. Ask for a new one; the first one is made anew at each start of the server.',
  )

import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

export type Dialect = 'sqlite' | 'postgres'

/** The messages of a room lie in one of these parts (PostgreSQL). */
const eventParts = 32

/**
 * What the two databases call the same thing. `integer` has 64 bits in SQLite alone. Text is compared byte by byte in both: any other
 * order hangs on the C library of the machine, and when that is upgraded, indexes break in silence.
 */
const dialects = {
  sqlite: { int: sql`integer`, text: sql`text`, end: sql.raw('strict') },
  postgres: { int: sql`bigint`, text: sql`text collate "C"`, end: sql.raw('') },
}

/**
 * The steps from an empty database to the present one, oldest first. A step that has been released is never
 * changed; what must change gets a step of its own. Where that only adds what the version before may leave empty, its name ends in `+`:
 * nodes of both then work side by side (PostgreSQL).
 */
export const migrations = (dialect: Dialect): Record<string, Migration> => {
  const { int, text, end } = dialects[dialect]
  return {
    '0001-beginning': {
      async up(db: Kysely<unknown>) {
        const create = (name: string) => db.schema.createTable(name).modifyEnd(end)
        await create('account')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('name', text, (c) => c.notNull())
          .addColumn('fold', text, (c) => c.notNull().unique())
          .addColumn('display', text, (c) => c.notNull())
          .addColumn('role', text, (c) => c.notNull())
          .addColumn('password', text)
          .addColumn('created_at', int, (c) => c.notNull())
          .addColumn('disabled_at', int)
          .execute()
        await create('login')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('account', text, (c) => c.notNull().references('account.id'))
          .addColumn('credential', text, (c) => c.notNull())
          .addColumn('label', text, (c) => c.notNull())
          .addColumn('address', text, (c) => c.notNull())
          .addColumn('created_at', int, (c) => c.notNull())
          .addColumn('last_seen_at', int, (c) => c.notNull())
          .addColumn('expires_at', int, (c) => c.notNull())
          .addColumn('idle_ms', int, (c) => c.notNull())
          .addColumn('ended_at', int)
          .addColumn('ended_why', text)
          .execute()
        await db.schema.createIndex('login_account').on('login').columns(['account', 'ended_at']).execute()
        await create('web_session')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('login', text)
          .addColumn('data', text, (c) => c.notNull())
          .addColumn('expires_at', int, (c) => c.notNull())
          .execute()
        await db.schema.createIndex('web_session_login').on('web_session').column('login').execute()
        await db.schema.createIndex('web_session_expiry').on('web_session').column('expires_at').execute()
        await create('used_ticket')
          .addColumn('jti', text, (c) => c.primaryKey())
          .addColumn('expires_at', int, (c) => c.notNull())
          .execute()
        await create('invite')
          .addColumn('code', text, (c) => c.primaryKey())
          .addColumn('kind', text, (c) => c.notNull())
          .addColumn('room', text)
          .addColumn('created_by', text, (c) => c.notNull())
          .addColumn('created_at', int, (c) => c.notNull())
          .addColumn('expires_at', int, (c) => c.notNull())
          .addColumn('uses', int, (c) => c.notNull())
          .execute()
        await create('secret')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('kind', text, (c) => c.notNull())
          .addColumn('state', text, (c) => c.notNull())
          .addColumn('sealed', text, (c) => c.notNull())
          .addColumn('created_at', int, (c) => c.notNull())
          .execute()
        await create('meta')
          .addColumn('name', text, (c) => c.primaryKey())
          .addColumn('value', text, (c) => c.notNull())
          .execute()
        await create('room')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('name', text, (c) => c.notNull())
          .addColumn('fold', text, (c) => c.notNull())
          .addColumn('kind', text, (c) => c.notNull())
          .addColumn('topic', text, (c) => c.notNull())
          .addColumn('direct', text, (c) => c.unique())
          .addColumn('archived_at', int)
          .addColumn('created_by', text, (c) => c.notNull())
          .addColumn('created_at', int, (c) => c.notNull())
          .execute()
        await db.schema.createIndex('room_public_name').on('room').column('fold').unique().where(sql<boolean>`kind = 'public'`).execute()
        await create('head')
          .addColumn('room', text, (c) => c.primaryKey())
          .addColumn('last', int, (c) => c.notNull())
          .addColumn('n', int, (c) => c.notNull())
          .execute()
        await create('member')
          .addColumn('account', text, (c) => c.notNull())
          .addColumn('room', text, (c) => c.notNull())
          .addColumn('role', text, (c) => c.notNull())
          .addColumn('since', int, (c) => c.notNull())
          .addColumn('read', int, (c) => c.notNull())
          .addColumn('read_n', int, (c) => c.notNull())
          .addPrimaryKeyConstraint('member_pk', ['account', 'room'])
          .execute()
        await db.schema.createIndex('member_room').on('member').column('room').execute()
        const events = dialect === 'sqlite' ? create('event').addColumn('rowid', int, (c) => c.primaryKey()) : byRoom(db, 'event')
        await events
          .addColumn('room', text, (c) => c.notNull())
          .addColumn('seq', int, (c) => c.notNull())
          .addColumn('id', text, (c) => c.notNull())
          .addColumn('kind', text, (c) => c.notNull())
          .addColumn('account', text, (c) => c.notNull())
          .addColumn('at', int, (c) => c.notNull())
          .addColumn('key', text)
          .addColumn('n', int, (c) => c.notNull())
          .addColumn('text', text, (c) => c.notNull())
          .addColumn('target', int)
          .addColumn('extra', text)
          .addColumn('edited', text)
          .addColumn('rev', int)
          .addColumn('removed', int)
          .addUniqueConstraint('event_seq', ['room', 'seq'])
          // Whoever writes, keys that begin with the time lie together at the end of this index; with the room or the account first each
          // author would have a page of it to himself in every commit. A store that was made with another order is as right, and dearer.
          .addUniqueConstraint('event_key', ['key', 'account', 'room'])
          .execute()
        if (dialect === 'postgres') await makeParts(db, 'event')
        await db.schema.createIndex('event_edits').on('event').columns(['room', 'target']).where(sql<boolean>`kind = 'edited'`).execute()
        await create('reaction')
          .addColumn('room', text, (c) => c.notNull())
          .addColumn('seq', int, (c) => c.notNull())
          .addColumn('emoji', text, (c) => c.notNull())
          .addColumn('account', text, (c) => c.notNull())
          .addColumn('at', int, (c) => c.notNull())
          .addPrimaryKeyConstraint('reaction_pk', ['room', 'seq', 'emoji', 'account'])
          .execute()
        await create('mention')
          .addColumn('account', text, (c) => c.notNull())
          .addColumn('room', text, (c) => c.notNull())
          .addColumn('seq', int, (c) => c.notNull())
          .addPrimaryKeyConstraint('mention_pk', ['account', 'room', 'seq'])
          .execute()
      },
    },
    '0002-audit-and-key-rotation': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('audit')
          .addColumn('seq', int, (c) => c.primaryKey())
          .addColumn('at', int, (c) => c.notNull())
          .addColumn('event', text, (c) => c.notNull())
          .addColumn('who', text, (c) => c.notNull())
          .addColumn('what', text)
          .addColumn('address', text)
          .addColumn('login', text)
          .addColumn('request', text)
          .addColumn('extra', text)
          .addColumn('prev', text, (c) => c.notNull())
          .addColumn('hash', text, (c) => c.notNull())
          .modifyEnd(end)
          .execute()
        await db.schema.createIndex('audit_at').on('audit').column('at').execute()
        await guardAudit[dialect](db)
        await db.schema.alterTable('login').addColumn('kid', text).execute()
        await db.schema.createIndex('login_kid').on('login').column('kid').where(sql<boolean>`ended_at is null`).execute()
        await db.schema
          .alterTable('secret')
          .addColumn('since', int, (c) => c.notNull().defaultTo(0))
          .execute()
        await db.schema
          .alterTable('secret')
          .addColumn('signed_until', int, (c) => c.notNull().defaultTo(0))
          .execute()
        // A rotation has always made a new key, so the newest one tells when the last was.
        await sql`update secret set since = (select max(s.created_at) from secret s where s.kind = secret.kind)`.execute(db)
        await sql`
          update secret set signed_until = coalesce((select max(expires_at) from login where credential = 'token' and ended_at is null), 0)
          where kind = 'token'`.execute(db)
      },
    },
    '0003-nodes': {
      async up(db: Kysely<unknown>) {
        await db.schema
          .createTable('node')
          .addColumn('id', text, (c) => c.primaryKey())
          .addColumn('started_at', int, (c) => c.notNull())
          .addColumn('renewed', int, (c) => c.notNull())
          .addColumn('seen', int, (c) => c.notNull())
          .modifyEnd(end)
          .execute()
      },
    },
    '0004-who-left-and-who-was-named': {
      async up(db: Kysely<unknown>) {
        // Who has gone from a room keeps a name there: found by the event that says so, since no index has the authors of a room.
        await sql`update event set text = ${whoLeft[dialect]} where kind = 'left'`.execute(db)
        await db.schema.createIndex('event_left').on('event').columns(['room', 'text']).where(sql<boolean>`kind = 'left'`).execute()
        // Without it whoever removes a message reads through all mentions that there are.
        await db.schema.createIndex('mention_message').on('mention').columns(['room', 'seq']).execute()
      },
    },
  }
}

const whoLeft: Record<Dialect, RawBuilder<string>> = {
  sqlite: sql`extra ->> 'account'`,
  postgres: sql`extra::json ->> 'account'`,
}

/** Whatever is asked of messages names the room: so each question goes to one part, and no index outgrows the memory as one. */
const byRoom = (db: Kysely<unknown>, table: string) => db.schema.createTable(table).modifyEnd(sql`partition by hash (room)`)

async function makeParts(db: Kysely<unknown>, table: string): Promise<void> {
  for (let part = 0; part < eventParts; part++) {
    const values = sql.raw(`with (modulus ${eventParts}, remainder ${part})`)
    await sql`create table ${sql.table(`${table}_${part}`)} partition of ${sql.table(table)} for values ${values}`.execute(db)
  }
}

/** A fault of ours must not rewrite what happened. */
const guardAudit: Record<Dialect, (db: Kysely<unknown>) => Promise<void>> = {
  async sqlite(db) {
    for (const act of ['update', 'delete']) {
      const trigger = sql.raw(`audit_no_${act} before ${act} on audit`)
      await sql`create trigger ${trigger} begin select raise(abort, 'the audit log is only added to'); end`.execute(db)
    }
  },
  async postgres(db) {
    await sql`
      create function audit_only_added_to() returns trigger language plpgsql as $$
      begin raise exception 'the audit log is only added to'; end $$`.execute(db)
    await sql`
      create trigger audit_only_added_to before update or delete or truncate on audit
      for each statement execute function audit_only_added_to()`.execute(db)
  },
}

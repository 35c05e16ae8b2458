import type { Changes } from './postgres-book.ts'
import type { Say } from './postgres-fetch.ts'

/** One statement: the rows that it is for travel as one value. */
interface Writing {
  name: string
  text: string
  rows: object[]
}

/** The fields that a statement takes from its rows, with their types. */
const fields = {
  event:
    'room text, seq bigint, id text, kind text, account text, at bigint, key text, n bigint, text text, target bigint, extra text, edited text, rev bigint, removed bigint',
} as const

/**
 * Writes what a batch changed: one statement for each kind of change that there is, however many rows. They are on the way at once; the
 * caller's COMMIT may follow behind, since it commits nothing after one of them has failed.
 */
export const flushChanges = (say: Say, changes: Changes): Promise<unknown>[] =>
  writings(changes)
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, text, rows }) => say(name, text, [JSON.stringify(rows)]))

/** What goes away goes first: what a later entry put back stays. */
const writings = ({ rooms, heads, members, events, blanked, mentions, reactions }: Changes): Writing[] => [
  {
    name: 'add-rooms',
    rows: rooms.added,
    text: `insert into room (id, name, fold, kind, topic, direct, archived_at, created_by, created_at)
      select id, name, fold, kind, topic, direct, archived_at, created_by, created_at from json_to_recordset($1::json)
      as r(id text, name text, fold text, kind text, topic text, direct text, archived_at bigint, created_by text, created_at bigint)`,
  },
  {
    name: 'change-rooms',
    rows: rooms.changed,
    text: `update room set name = r.name, fold = r.fold, topic = r.topic, archived_at = r.archived_at
      from json_to_recordset($1::json) as r(id text, name text, fold text, topic text, archived_at bigint) where room.id = r.id`,
  },
  {
    name: 'add-events',
    rows: events.added,
    text: `insert into event (room, seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed)
      select room, seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed
      from json_to_recordset($1::json) as e(${fields.event})`,
  },
  {
    name: 'change-events',
    rows: events.changed,
    text: `update event set text = e.text, extra = e.extra, edited = e.edited, rev = e.rev, removed = e.removed
      from json_to_recordset($1::json) as e(${fields.event}) where event.room = e.room and event.seq = e.seq`,
  },
  {
    name: 'blank-edits',
    rows: blanked,
    text: `update event set text = '' from json_to_recordset($1::json) as b(room text, seq bigint)
      where event.room = b.room and event.target = b.seq and event.kind = 'edited'`,
  },
  {
    name: 'move-heads',
    rows: heads,
    text: `insert into head (room, last, n) select room, last, n from json_to_recordset($1::json) as h(room text, last bigint, n bigint)
      on conflict (room) do update set last = excluded.last, n = excluded.n`,
  },
  {
    name: 'drop-members',
    rows: members.dropped,
    text: `delete from member using json_to_recordset($1::json) as m(account text, room text)
      where member.account = m.account and member.room = m.room`,
  },
  {
    name: 'put-members',
    rows: members.put,
    text: `insert into member (account, room, role, since, read, read_n)
      select account, room, role, since, read, read_n
      from json_to_recordset($1::json) as m(account text, room text, role text, since bigint, read bigint, read_n bigint)
      on conflict (account, room) do update
      set role = excluded.role, since = excluded.since, read = excluded.read, read_n = excluded.read_n`,
  },
  {
    name: 'drop-mentions-of-messages',
    rows: blanked,
    text: `delete from mention using json_to_recordset($1::json) as b(room text, seq bigint)
      where mention.room = b.room and mention.seq = b.seq`,
  },
  {
    name: 'drop-mentions-of-members',
    rows: mentions.dropped,
    text: `delete from mention using json_to_recordset($1::json) as m(account text, room text)
      where mention.account = m.account and mention.room = m.room`,
  },
  {
    name: 'add-mentions',
    rows: mentions.added,
    text: `insert into mention (account, room, seq)
      select account, room, seq from json_to_recordset($1::json) as m(account text, room text, seq bigint) on conflict do nothing`,
  },
  {
    name: 'drop-reactions-of-messages',
    rows: blanked,
    text: `delete from reaction using json_to_recordset($1::json) as b(room text, seq bigint)
      where reaction.room = b.room and reaction.seq = b.seq`,
  },
  {
    name: 'drop-reactions',
    rows: reactions.dropped,
    text: `delete from reaction using json_to_recordset($1::json) as r(room text, seq bigint, emoji text, account text)
      where reaction.room = r.room and reaction.seq = r.seq and reaction.emoji = r.emoji and reaction.account = r.account`,
  },
  {
    name: 'put-reactions',
    rows: reactions.put,
    text: `insert into reaction (room, seq, emoji, account, at)
      select room, seq, emoji, account, at
      from json_to_recordset($1::json) as r(room text, seq bigint, emoji text, account text, at bigint)
      on conflict (room, seq, emoji, account) do update set at = excluded.at`,
  },
]

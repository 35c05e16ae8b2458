import type { LoginNow } from './book.ts'
import type { Wants } from './postgres-wants.ts'
import type { AccountRow, EventRow, MemberRow, RoomRow, Tables } from './schema.ts'

/** Sends a statement without waiting for those before it; the text is ours, whatever comes from outside is a value. */
export type Say = <Row>(name: string, text: string, values?: unknown[]) => Promise<Row[]>

/** A message's reactions of one kind: how many, and which of those who ask about them are among them. */
export interface Tally {
  room: string
  seq: number
  emoji: string
  n: number
  accounts: string[] | null
}

/** What the database says to the wants of a batch, all of it under the locks of its rooms. */
export interface Fetched {
  heads: Tables['head'][]
  logins: (LoginNow & { id: string })[]
  accounts: Pick<AccountRow, 'id' | 'fold' | 'disabled_at'>[]
  rooms: RoomRow[]
  members: MemberRow[]
  events: EventRow[]
  tallies: Tally[]
}

/**
 * Locks the heads of the rooms, in the order of their ids, so that two batches never wait for each other; then reads. Each statement
 * sees what was committed before it began: what another node wrote to these rooms while the first one waited is seen by the rest.
 * All of them are on the way at once, and their number does not depend on that of the entries.
 */
export async function fetchWants(say: Say, wants: Wants): Promise<Fetched> {
  const none = Promise.resolve([])
  const { accounts, members, named, keyed, places, lasts, reactions, names, heirs } = wants
  const [heads, logins, known, rooms, taken, present, successors, byKey, byPlace, tallies] = await Promise.all([
    say<Tables['head']>('heads', lockHeads, [wants.rooms]),
    say<LoginNow & { id: string }>('logins', readLogins, [wants.logins]),
    accounts.ids.length + accounts.folds.length > 0
      ? say<Fetched['accounts'][number]>('accounts', readAccounts, [accounts.ids, accounts.folds])
      : none,
    say<RoomRow>('rooms', readRooms, [wants.rooms]),
    names.folds.length + names.directs.length > 0 ? say<RoomRow>('names', readNames, [names.folds, names.directs]) : none,
    say<MemberRow>('members', readMembers, [members.accounts, members.rooms, named.folds, named.rooms]),
    heirs.length > 0 ? say<MemberRow>('heirs', readHeirs, [[...new Set(heirs)], heirs.length + 1]) : none,
    keyed.keys.length > 0 ? say<EventRow>('keyed', readKeyed, [keyed.rooms, keyed.accounts, keyed.keys]) : none,
    places.seqs.length + lasts.length > 0 ? say<EventRow>('places', readPlaces, [places.rooms, places.seqs, lasts]) : none,
    reactions.seqs.length > 0 ? say<Tally>('tallies', readTallies, [reactions.rooms, reactions.seqs, reactions.accounts]) : none,
  ])
  return {
    heads,
    logins,
    accounts: known,
    rooms: [...rooms, ...taken],
    members: [...present, ...successors],
    events: [...byKey, ...byPlace],
    tallies,
  }
}

const lockHeads = 'select room, last, n from head where room = any($1::text[]) order by room for update'

// An ending takes the row of the login for itself before it ends it: so either it comes first and is seen here, or it waits for this
// batch. Merely noting that a login was active does not.
const readLogins = `
  select l.id, l.account, l.ended_at, l.expires_at, a.disabled_at from login l join account a on a.id = l.account
  where l.id = any($1::text[]) order by l.id for key share of l`

const readAccounts = 'select id, fold, disabled_at from account where id = any($1::text[]) or fold = any($2::text[])'

const readRooms = 'select * from room where id = any($1::text[])'

const readNames = "select * from room where (kind = 'public' and fold = any($1::text[])) or direct = any($2::text[])"

const readMembers = `
  select m.* from (
    select account, room from unnest($1::text[], $2::text[]) as asked(account, room)
    union
    select a.id, asked.room from unnest($3::text[], $4::text[]) as asked(fold, room) join account a on a.fold = asked.fold
  ) asked cross join lateral (select * from member m where m.account = asked.account and m.room = asked.room limit 1) m`

// As many as can be needed when every entry takes away the one who came first.
const readHeirs = `
  select m.* from unnest($1::text[]) as asked(room) cross join lateral (
    select * from member m where m.room = asked.room
    order by case m.role when 'owner' then 0 when 'moderator' then 1 else 2 end, m.since, m.account limit $2
  ) m`

// The limits make each of these a look into an index of one part, whatever the planner believes about the size of the tables.
const readKeyed = `
  select e.* from unnest($1::text[], $2::text[], $3::text[]) as asked(room, account, key)
  cross join lateral (
    select * from event e where e.room = asked.room and e.account = asked.account and e.key = asked.key limit 1
  ) e`

const readPlaces = `
  select e.* from (
    select room, seq from unnest($1::text[], $2::bigint[]) as asked(room, seq)
    union
    select room, last from head where room = any($3::text[])
  ) asked cross join lateral (select * from event e where e.room = asked.room and e.seq = asked.seq limit 1) e`

const readTallies = `
  select r.room, r.seq, r.emoji, count(*) as n, array_agg(r.account) filter (where r.account = any($3::text[])) as accounts
  from (select distinct room, seq from unnest($1::text[], $2::bigint[]) as asked(room, seq)) asked
  join reaction r on r.room = asked.room and r.seq = asked.seq group by r.room, r.seq, r.emoji`

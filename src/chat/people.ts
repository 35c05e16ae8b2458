import { type Kysely, sql } from 'kysely'
import type { Account } from '../protocol/events.ts'
import type { Tables } from '../store/schema.ts'

/** Whom an account may know of: the people it shares a room with, and those who left one since it could read there. */
export function createPeople(db: Kysely<Tables>) {
  /** Everybody who is in a room with this account. */
  const around = (account: string) =>
    db.selectFrom('member as mine').innerJoin('member as m', 'm.room', 'mine.room').select('m.account').where('mine.account', '=', account)

  return {
    /** People whose name or display begins so: those one shares a room with, or all. */
    async people(account: string, prefix: string, everyone: boolean): Promise<Account[]> {
      const start = prefix.normalize('NFKC').toLowerCase()
      const begins = (column: 'a.fold' | 'a.display') => sql<boolean>`substr(lower(${sql.ref(column)}), 1, ${start.length}) = ${start}`
      return db
        .selectFrom('account as a')
        .select(['a.id', 'a.name', 'a.display', 'a.role'])
        .where('a.disabled_at', 'is', null)
        .where((eb) => eb.or([begins('a.fold'), begins('a.display')]))
        .$if(!everyone, (query) => query.where('a.id', 'in', around(account)))
        .orderBy('a.fold')
        .limit(50)
        .execute()
    },

    /** Those of these accounts that one may know of, disabled ones too: what they wrote keeps its author. */
    async named(account: string, ids: string[], everyone: boolean): Promise<Account[]> {
      return db
        .selectFrom('account as a')
        .select(['a.id', 'a.name', 'a.display', 'a.role'])
        .where('a.id', 'in', ids)
        .$if(!everyone, (query) =>
          query.where((eb) =>
            eb.or([
              eb('a.id', '=', account),
              eb.exists(around(account).where('m.account', '=', sql.ref<string>('a.id'))),
              eb.exists(
                eb
                  .selectFrom('member as reader')
                  .innerJoin('event as e', 'e.room', 'reader.room')
                  .select('e.seq')
                  .where('reader.account', '=', account)
                  .where('e.kind', '=', sql.lit('left')) // a literal, as the index of those who left has it
                  .whereRef('e.text', '=', 'a.id')
                  // “+ 0” keeps the store from reading whole rooms by seq: by room and name it knows at once that there is nothing.
                  .where(sql<boolean>`${sql.ref('e.seq')} + 0 >= ${sql.ref('reader.since')}`),
              ),
            ]),
          ),
        )
        .execute()
    },
  }
}

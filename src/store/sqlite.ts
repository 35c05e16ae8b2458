import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Refusal } from '../protocol/codes.ts'
import type { Append } from './append.ts'
import { migrations } from './migrations.ts'
import type { Reads } from './reads.ts'
import type { Tables } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { startThread } from './thread.ts'
import { createWriteQueue } from './write-queue.ts'

export interface Store {
  db: Kysely<Tables>
  append: Append
  reads: Reads
  /** Names this store; changes when it is restored from a backup, so that clients drop their cursors. */
  incarnation: string
  /** Resolves when everything that was handed in is on disk, and the file is closed. */
  close(): Promise<void>
}

/**
 * The store in one SQLite file: one thread writes, one reads, one checkpoints.
 * @param onFatal the disk or a thread failed: the process must end without acknowledging anything more.
 */
export async function openSqlite({ file, onFatal }: { file: string; onFatal: (error: Error) => void }): Promise<Store> {
  const isNew = !existsSync(file)
  const writer = startThread(new URL('./sqlite-writer.ts', import.meta.url), { file }, onFatal)
  await writer.ask({ sql: 'pragma user_version', parameters: [] }) // the file is there and in WAL mode before others open it
  const reader = startThread(new URL('./sqlite-reader.ts', import.meta.url), { file }, onFatal)
  const checkpointer = startThread(new URL('./sqlite-checkpointer.ts', import.meta.url), { file }, onFatal)
  const queue = createWriteQueue(writer)
  const db = new Kysely<Tables>({ dialect: sqliteDialect({ writer, reader, queue }) })
  await migrate(db, isNew)

  const page = async <T>(name: keyof Reads, ...asked: unknown[]): Promise<T> => {
    const answer = JSON.parse((await reader.ask({ page: name, asked: JSON.stringify(asked) })) as string) as T | { refused: 'not_member' }
    if (typeof answer === 'object' && answer !== null && 'refused' in answer) throw new Refusal(answer.refused)
    return (answer ?? undefined) as T
  }

  return {
    db,
    append: queue,
    reads: {
      open: (account, asks) => page('open', account, asks),
      history: (account, room, ask) => page('history', account, room, ask),
      rooms: (account) => page('rooms', account),
      room: (account, room) => page('room', account, room),
    },
    incarnation: await incarnationOf(db),
    async close() {
      await queue.idle()
      await db.destroy()
      await Promise.all([reader.close(), checkpointer.close()])
      await writer.close()
    },
  }
}

async function migrate(db: Kysely<Tables>, isNew: boolean): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations('strict') } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error(`The database could not be brought up to date${isNew ? '' : '; nothing was changed'}.`, { cause: error })
}

async function incarnationOf(db: Kysely<Tables>): Promise<string> {
  const value = randomBytes(9).toString('base64url')
  await db
    .insertInto('meta')
    .values({ name: 'store', value })
    .onConflict((c) => c.doNothing())
    .execute()
  const row = await db.selectFrom('meta').select('value').where('name', '=', 'store').executeTakeFirstOrThrow()
  return row.value
}

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Refusal } from '../protocol/codes.ts'
import type { Append } from './append.ts'
import { keepBefore, type Safekeeping } from './before-migration.ts'
import { copyStore, type OnCopied } from './copy.ts'
import type { StoreFacts } from './inspection.ts'
import { faultOf, noMeter, type StoreMeter } from './meter.ts'
import { migrations } from './migrations.ts'
import type { Reads } from './reads.ts'
import type { Tables } from './schema.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { startThread, type Thread } from './thread.ts'
import { createWriteQueue } from './write-queue.ts'

export interface Store {
  db: Kysely<Tables>
  append: Append
  reads: Reads
  /** Names this store; changes when it is restored from a backup, so that clients drop their cursors. */
  incarnation: string
  /** Names this store and every copy of it: a restore does not change it. */
  lineage: string
  /** A copy of it as it is now, while everyone goes on. @throws NotAStore in words */
  backup(asked: { to: string; replace: boolean; onCopied?: OnCopied }): Promise<StoreFacts>
  /** Writes a little and takes it back: whether there is room again. @throws Refusal `unavailable` · ThreadFault */
  probe(): Promise<void>
  /** Resolves when everything that was handed in is on disk, and the file is closed. */
  close(): Promise<void>
}

interface Opening {
  file: string
  /** Where it is kept before a newer version changes its form; without it no copy is made. */
  safekeeping?: Safekeeping
  onFatal: (error: Error) => void
  meter?: StoreMeter
}

/** bytes: about what a long message and its places in the indexes take. */
const probeBytes = 16_384

/**
 * The store in one SQLite file: one thread writes, one reads, one checkpoints.
 * @param onFatal the disk or a thread failed: the process must end without acknowledging anything more.
 */
export async function openSqlite({ file, safekeeping, onFatal, meter = noMeter }: Opening): Promise<Store> {
  const isNew = !existsSync(file)
  let isOpen = false
  const threads: Thread[] = []
  const start = (entry: URL, by?: 'writer' | 'reader') => {
    // Until it is open nothing has been acknowledged: what fails is told to whoever opens it, and nobody has to end.
    const fatal = (error: Error) => (isOpen ? onFatal(error) : undefined)
    const thread = startThread(entry, { file }, fatal, (errcode) => {
      const fault = faultOf(errcode)
      if (fault && by) meter.failed(fault, by)
    })
    threads.unshift(thread) // the writer goes last
    return thread
  }
  const closeThreads = async () => {
    for (const thread of threads) await thread.close()
  }
  try {
    const writer = start(new URL('./sqlite-writer.ts', import.meta.url), 'writer')
    await writer.ask({ sql: 'pragma user_version', parameters: [] }) // the file is there and in WAL mode before others open it
    const reader = start(new URL('./sqlite-reader.ts', import.meta.url), 'reader')
    start(new URL('./sqlite-checkpointer.ts', import.meta.url))
    const queue = createWriteQueue(writer, meter)
    const db = new Kysely<Tables>({ dialect: sqliteDialect({ writer, reader, queue }) })
    await migrate(db, file, isNew ? undefined : safekeeping)
    const names = await namesOf(db)
    isOpen = true
    return storeOf({ file, db, reader, queue, names, closeThreads })
  } catch (error) {
    await closeThreads()
    throw error
  }
}

interface Opened {
  file: string
  db: Kysely<Tables>
  reader: Thread
  queue: ReturnType<typeof createWriteQueue>
  names: { incarnation: string; lineage: string }
  closeThreads: () => Promise<void>
}

function storeOf({ file, db, reader, queue, names, closeThreads }: Opened): Store {
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
    ...names,
    backup: (asked) => copyStore({ from: file, ...asked }),
    async probe() {
      for (const value of ['x'.repeat(probeBytes), ''])
        await db
          .insertInto('meta')
          .values({ name: 'probe', value })
          .onConflict((c) => c.column('name').doUpdateSet({ value }))
          .execute()
    },
    async close() {
      await queue.idle()
      await db.destroy()
      await closeThreads()
    },
  }
}

async function migrate(db: Kysely<Tables>, file: string, safekeeping: Safekeeping | undefined): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations('strict') } })
  try {
    const steps = await migrator.getMigrations()
    const next = steps.find(({ executedAt }) => executedAt === undefined)
    if (next && safekeeping && steps.some(({ executedAt }) => executedAt !== undefined)) await keepBefore(next.name, file, safekeeping)
    const { error } = await migrator.migrateToLatest()
    if (error) throw error
  } catch (cause) {
    throw new Error(`The database could not be brought up to date${safekeeping ? '; nothing was changed' : ''}.`, { cause })
  }
}

/** Both are the same until the store is restored from a backup, which gives it a new incarnation. */
async function namesOf(db: Kysely<Tables>): Promise<{ incarnation: string; lineage: string }> {
  const named = async (name: string, otherwise: string): Promise<string> => {
    await db
      .insertInto('meta')
      .values({ name, value: otherwise })
      .onConflict((c) => c.doNothing())
      .execute()
    return (await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirstOrThrow()).value
  }
  const incarnation = await named('store', randomBytes(9).toString('base64url'))
  return { incarnation, lineage: await named('lineage', incarnation) }
}

import { existsSync } from 'node:fs'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { Refusal } from '../protocol/codes.ts'
import { keepBefore, type Safekeeping } from './before-migration.ts'
import { copyStore } from './copy.ts'
import { createGlance } from './glance.ts'
import { faultOf, noMeter, type Query, type StoreMeter } from './meter.ts'
import { migrations } from './migrations.ts'
import { namesOf, probe } from './names.ts'
import type { Reads } from './reads.ts'
import type { Tables } from './schema.ts'
import type { Written } from './scribe.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import type { Store } from './store.ts'
import { startThread, type Thread } from './thread.ts'
import { createWriteQueue } from './write-queue.ts'

interface Opening {
  file: string
  /** Where it is kept before a newer version changes its form; without it no copy is made. */
  safekeeping?: Safekeeping
  onFatal: (error: Error) => void
  meter?: StoreMeter
  tell?: (query: Query) => void
}

/**
 * The store in one SQLite file: one thread writes, one reads, one checkpoints.
 * @param onFatal the disk or a thread failed: the process must end without acknowledging anything more.
 * @param tell hears of batches in which something failed.
 */
export async function openSqlite({ file, safekeeping, onFatal, meter = noMeter, tell = () => undefined }: Opening): Promise<Store> {
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
    const queue = createWriteQueue(
      async (entries) => JSON.parse((await writer.ask({ entries: JSON.stringify(entries) })) as string) as Written,
      meter,
      (query) => query.error !== undefined && tell(query),
    )
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

  const { glance, close: closeGlance } = createGlance(file, async (query) => (await db.executeQuery(query)).rows[0])

  return {
    db,
    glance,
    aside: db, // a store with one node has nothing that others wait for
    append: queue,
    reads: {
      open: (account, asks) => page('open', account, asks),
      history: (account, room, ask) => page('history', account, room, ask),
      rooms: (account) => page('rooms', account),
      room: (account, room) => page('room', account, room),
    },
    ...names,
    backup: (asked) => copyStore({ from: file, ...asked }),
    probe: () => probe(db),
    async close() {
      await queue.idle()
      await db.destroy()
      closeGlance() // the writer goes last
      await closeThreads()
    },
  }
}

async function migrate(db: Kysely<Tables>, file: string, safekeeping: Safekeeping | undefined): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations('sqlite') } })
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

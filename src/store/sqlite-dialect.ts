import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import { faultOf } from './meter.ts'
import type { Ran } from './sqlite-statements.ts'
import { type Thread, ThreadFault } from './thread.ts'
import type { WriteQueue } from './write-queue.ts'

interface Threads {
  writer: Thread
  reader: Thread
  queue: WriteQueue
}

/** Kysely compiles here; the threads run it. A lone select goes to the reader, all else to the writer. */
export const sqliteDialect = (threads: Threads): Dialect => ({
  createAdapter: () => new Adapter(),
  createQueryCompiler: () => new Compiler(),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createDriver: () => createDriver(threads),
})

/** Several at a time: Kysely would let in one asker after another, and look-ups would wait for the sync of somebody else's write. */
class Adapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

/** `for update` is for databases with many writers: here whoever is in a transaction is alone in it. */
class Compiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(): void {}
}

function createDriver({ writer, reader, queue }: Threads): Driver {
  const run = (thread: Thread, sql: string, parameters: readonly unknown[]) =>
    (thread.ask({ sql, parameters: parameters.map(storable) }) as Promise<Ran>).catch(passing)

  /** One asker's connection: on the reader until a transaction begins, then alone on the writer until it ends. */
  class Connection implements DatabaseConnection {
    #release: (() => void) | undefined

    async begin(): Promise<void> {
      await new Promise<void>((entered, failed) => {
        queue
          .exclusive(async () => {
            await run(writer, 'begin immediate', [])
            const ended = new Promise<void>((resolve) => {
              this.#release = resolve
            })
            entered()
            await ended
          })
          .catch(failed)
      })
    }

    async end(sql: 'commit' | 'rollback'): Promise<void> {
      try {
        await run(writer, sql, [])
      } catch (error) {
        // A failed COMMIT leaves the transaction open, and the writer would carry it into the next one.
        if (sql === 'commit') await run(writer, 'rollback', []).catch(() => undefined)
        throw error
      } finally {
        this.#release?.()
        this.#release = undefined
      }
    }

    async executeQuery<R>({ sql, parameters, query }: CompiledQuery): Promise<QueryResult<R>> {
      const { rows, changes } = await this.#ran(sql, parameters, query.kind === 'SelectQueryNode')
      return { rows: rows as R[], numAffectedRows: BigInt(changes) }
    }

    #ran(sql: string, parameters: readonly unknown[], reads: boolean): Promise<Ran> {
      if (this.#release) return run(writer, sql, parameters)
      return reads ? run(reader, sql, parameters) : queue.exclusive(() => run(writer, sql, parameters))
    }

    // biome-ignore lint/correctness/useYield: streaming is not offered; every list here is bounded
    async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
      throw new Error('The store does not stream.')
    }
  }

  return {
    init: async () => undefined,
    acquireConnection: async () => new Connection(),
    beginTransaction: (connection) => (connection as Connection).begin(),
    commitTransaction: (connection) => (connection as Connection).end('commit'),
    rollbackTransaction: (connection) => (connection as Connection).end('rollback'),
    releaseConnection: async () => undefined,
    destroy: async () => undefined,
  }
}

/** A full or busy database passes: whoever asked may try again. All else goes up as it is. */
function passing(error: unknown): never {
  const fault = error instanceof ThreadFault ? faultOf(error.errcode) : undefined
  throw fault === 'full' || fault === 'busy' ? new Refusal('unavailable', undefined, { cause: error }) : error
}

/** SQLite binds `undefined` silently as NULL and knows no booleans: say so here rather than store a surprise. */
function storable(value: unknown): unknown {
  if (value === undefined) throw new TypeError('undefined cannot be stored')
  return typeof value === 'boolean' ? Number(value) : value
}

import type { Kysely } from 'kysely'
import type { NodeRow, Tables } from '../store/schema.ts'

interface Deps {
  db: Kysely<Tables>
  node: string
  monotonic: () => number
  /** ms that a lease holds. */
  life: number
}
interface Seen {
  renewed: number
  seen: number
  /** Monotonic ms: the lease of that renewal had begun before. */
  at: number
}

/** ms by which two machines may count time differently within a lease. */
const margin = 250
/** ms after which the row of a node that has fallen silent is taken away. */
const forgotten = 60_000

/**
 * The other nodes, as their rows show them. Whether a lease still holds is not asked of anybody's clock: a row says how often it was
 * renewed, and when that has stood still here for as long as a lease lasts, the lease has run out there, whatever time it is.
 */
export function createRoster({ db, node, monotonic, life }: Deps) {
  const others = new Map<string, Seen>()

  function observe(rows: NodeRow[]): void {
    const at = monotonic()
    for (const { id, renewed, seen } of rows) {
      if (id === node) continue
      const before = others.get(id)
      if (before?.renewed === renewed) before.seen = Math.max(before.seen, seen)
      else others.set(id, { renewed, seen, at })
    }
    const there = new Set(rows.map(({ id }) => id))
    for (const id of others.keys()) if (!there.has(id)) others.delete(id)
  }

  const isLive = (id: string): boolean => {
    const one = others.get(id)
    return one !== undefined && monotonic() - one.at <= life + margin
  }

  let looking: Promise<void> | undefined
  let following: Promise<void> | undefined
  const read = async () => observe(await db.selectFrom('node').selectAll().execute())

  /** A look that began after this was called: however many ask while one is under way, they share the next. */
  function look(): Promise<void> {
    if (looking) {
      following ??= looking
        .catch(() => undefined)
        .then(() => {
          following = undefined
          return look()
        })
      return following
    }
    looking = read().finally(() => {
      looking = undefined
    })
    return looking
  }

  return {
    look,
    /** Those whose lease may still hold. */
    live: (): string[] => [...others.keys()].filter(isLive),
    isLive,
    /** Up to where a node had read the audit log, when it was last seen. */
    seen: (id: string): number => others.get(id)?.seen ?? 0,
    renewals: (): Map<string, number> => new Map([...others].map(([id, { renewed }]) => [id, renewed])),
    async forget(): Promise<void> {
      for (const [id, { renewed, at }] of others) {
        if (monotonic() - at < forgotten) continue
        await db.deleteFrom('node').where('id', '=', id).where('renewed', '=', renewed).execute()
      }
    },
  }
}

export type Roster = ReturnType<typeof createRoster>

import type { Landed, Outcome } from './append.ts'
import type { Waiting } from './write-queue.ts'

/** What the database said when it could not. A rule of ours that it holds, such as a name that is taken, is none of these. */
export type StoreFault = 'full' | 'busy' | 'io' | 'corrupt' | 'other'

/** One commit of the hot path. Times are those of `performance.now()`. */
export interface Committed {
  writes: number
  /** The oldest of its writes was taken up; it was handed to the writer; it is on disk. */
  acceptedAt: number
  begunAt: number
  doneAt: number
  landed: Landed[]
  posts: { fresh: number; repeated: number; refused: number }
}

/** Is told about commits and faults; at the smallest once per commit. */
export interface StoreMeter {
  /** After the commit's events have gone out. */
  committed(commit: Committed): void
  /** @param isOfAll whatever is to be written, it fails: nothing that one entry brought is at fault. */
  failed(fault: StoreFault, by: 'writer' | 'reader', isOfAll?: boolean): void
}

/** A statement that took long, or that the database could not do; `append` is a batch. The text has places for values, and never the values. */
export interface Query {
  text: string
  ms: number
  error?: unknown
}

export const noMeter: StoreMeter = { committed: () => undefined, failed: () => undefined }

/** https://sqlite.org/rescode.html: the low byte is the primary code. Undefined for a broken constraint. */
export function faultOf(errcode: number | undefined): StoreFault | undefined {
  const primary = (errcode ?? 0) & 0xff
  if (primary === 19) return undefined
  return ({ 5: 'busy', 6: 'busy', 10: 'io', 11: 'corrupt', 13: 'full' } as const)[primary] ?? 'other'
}

/** What became of the posts of a batch, and of those that the disk could not take. */
export function countPosts(batch: Waiting[], outcomes: Outcome[]): { posts: Committed['posts']; full: number; broken: number } {
  const posts = { fresh: 0, repeated: 0, refused: 0 }
  let [full, broken] = [0, 0]
  for (let i = 0; i < batch.length; i++) {
    const outcome = outcomes[i] as Outcome
    const refused = 'refused' in outcome ? outcome.refused : undefined
    if (refused === 'unavailable') full++
    else if (refused === 'internal') broken++
    if (batch[i]?.entry.do.act !== 'post') continue
    if (refused !== undefined) posts.refused++
    else if ('duplicate' in outcome) posts.repeated++
    else posts.fresh++
  }
  return { posts, full, broken }
}

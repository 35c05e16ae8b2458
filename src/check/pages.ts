import { heard } from './listener.ts'
import type { Frame, Reach } from './reach.ts'
import type { Heard, History } from './seen.ts'

const mostOfPage = 200
/** Parts of a room that are read side by side, so that no page waits for the way there and back of the one before. */
const parts = 8

type Events = Parameters<typeof heard>[0][]

/**
 * All messages of a room, page by page; nothing when the connection ended meanwhile.
 * @param last about how far it goes
 */
export async function historyOf(reach: Reach, where: { room: string; store: string }, last: number): Promise<History | undefined> {
  const step = Math.ceil((last + 1) / parts)
  const ends = Array.from({ length: parts }, (_, i) => (i === parts - 1 ? Number.POSITIVE_INFINITY : (i + 1) * step))
  const read = await Promise.all(ends.map((end, i) => partOf(reach, where.room, i * step, end)))
  const whole = read.flatMap((part) => part ?? [])
  return read.includes(undefined) ? undefined : { ...where, events: whole }
}

/** The messages after one number, up to another. */
async function partOf(reach: Reach, room: string, after: number, end: number): Promise<Heard[] | undefined> {
  const events: Heard[] = []
  for (let more = true; more; ) {
    const page = await new Promise<Frame | undefined>((resolve) => {
      reach.ask('history', { room, after: events.at(-1)?.seq ?? after, limit: mostOfPage }, resolve)
    })
    if (page?.type !== 'ok') return undefined
    events.push(...(page.events as Events).map(heard))
    more = page.more === true && (events.at(-1)?.seq ?? 0) <= end
  }
  return events.filter(({ seq }) => seq <= end)
}

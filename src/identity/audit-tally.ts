import type { Audit, AuditRecord } from './audit.ts'

/** Events of which there may be thousands: repeats are merged, so that whoever causes them cannot fill the disk. */
export interface Tally {
  /** The first of a minute under this key is recorded at once, the others are counted. */
  add(key: string, record: AuditRecord): Promise<void>
  /** Only counted, recorded when the minute is over. */
  count(key: string, record: AuditRecord): void
  /** Records what was counted in minutes that are over. */
  sweep(): Promise<void>
  /** Records all that was counted. */
  close(): Promise<void>
}

interface Box {
  since: number
  record: AuditRecord
  times: number
  whats: Set<string>
}

const minute = 60_000
/** Different accounts, say, that one record names. */
const named = 8

/** @param most keys that are told apart at a time; beyond it all others are counted together. */
export function createTally({ audit, now, most }: { audit: Pick<Audit, 'write'>; now: () => number; most: () => number }): Tally {
  const boxes = new Map<string, Box>()

  /** Whether it is the first of its box. */
  function put(key: string, record: AuditRecord): { box: Box; isNew: boolean } {
    const exact = `${record.event} ${key}`
    const isKnown = boxes.has(exact) || boxes.size < most()
    const at = isKnown ? exact : `${record.event} others`
    const there = boxes.get(at)
    const box = there ?? { since: now(), record: isKnown ? record : { event: record.event, who: record.who }, times: 0, whats: new Set() }
    boxes.set(at, box)
    return { box, isNew: there === undefined }
  }

  function repeat(box: Box, { what }: AuditRecord): void {
    box.times += 1
    if (what !== undefined && box.whats.size < named) box.whats.add(what)
  }

  async function empty(isOver: (box: Box) => boolean): Promise<void> {
    for (const [key, box] of boxes) {
      if (!isOver(box)) continue
      boxes.delete(key)
      if (box.times === 0) continue
      const { what: _, ...record } = box.record
      const whats = [...box.whats]
      try {
        const extra = { times: box.times, since: box.since, ...(whats.length > 1 && { whats }) }
        await audit.write({ ...record, ...(whats.length === 1 && { what: whats[0] }), extra })
      } catch (error) {
        boxes.set(key, merged(box, boxes.get(key)))
        throw error
      }
    }
  }

  return {
    async add(key, record) {
      const { box, isNew } = put(key, record)
      if (!isNew) return repeat(box, record)
      try {
        await audit.write(record)
      } catch (error) {
        repeat(box, record)
        throw error
      }
    },
    count: (key, record) => repeat(put(key, record).box, record),
    sweep: () => empty(({ since }) => now() - since >= minute),
    close: () => empty(() => true),
  }
}

const merged = (box: Box, newer: Box | undefined): Box => ({
  ...box,
  times: box.times + (newer?.times ?? 0),
  whats: new Set([...box.whats, ...(newer?.whats ?? [])].slice(0, named)),
})

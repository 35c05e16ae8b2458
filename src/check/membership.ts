import type { Heard } from './seen.ts'

interface Stay {
  from: number
  /** The own `left`: the last that one may see. */
  to: number
}

/** Who was in a room between which of its events, as its own `joined` and `left` say. */
export function createMembership(events: readonly Heard[]) {
  const stays = new Map<string, Stay[]>()
  for (const { kind, seq, account } of events) {
    if (account === undefined) continue
    const own = stays.get(account) ?? []
    if (kind === 'joined') stays.set(account, [...own, { from: seq, to: Number.POSITIVE_INFINITY }])
    const last = own.at(-1)
    if (kind === 'left' && last) last.to = seq
  }
  return {
    /** Whether somebody may be told of the event with this number. Founders are in from the first one. */
    mayHear(account: string, seq: number): boolean {
      return (stays.get(account) ?? []).some(({ from, to }, i) => (from <= seq || (i === 0 && isFounder(events, account))) && seq <= to)
    },
  }
}

/** A room begins with the `joined` of each who was in it from the start; those read each other's. */
function isFounder(events: readonly Heard[], account: string): boolean {
  for (const event of events) {
    if (event.kind !== 'joined') return false
    if (event.account === account) return true
  }
  return false
}

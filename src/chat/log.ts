import type { Bus } from '../bus/bus.ts'
import { Refusal } from '../protocol/codes.ts'
import type { Act, Append, Outcome } from '../store/append.ts'
import { allowedFor } from './permissions.ts'
import { roomTopic } from './topics.ts'

/** Who acts: the account and the login it acts through. The operator has no login and is asked for no role. */
export interface Actor {
  account: string
  login?: string
}
export const operator: Actor = { account: 'parley' }

/** An act on a room itself, as the operator may do it. */
export type RoomAct = Exclude<Act, { key: string } | { act: 'read' }>
/** Told before the operator's act is written, and again with the reason when it was not; if the first fails, nothing is written. */
export type NoteOperator = (room: string, act: RoomAct, refused?: string) => Promise<void>

interface Deps {
  append: Append
  bus: Bus
  now: () => number
  noteOperator: NoteOperator
}

export type Done = Exclude<Outcome, { refused: unknown }>
type Noted = Extract<Done, { seq: number }>

/** Remember, then tell: what a commit brought goes out once per room, as soon as it is on disk. */
export function createLog({ append, bus, now, noteOperator }: Deps) {
  append.onLanded((landed) => {
    const byTopic = new Map<string, typeof landed>()
    for (const one of landed) {
      const topic = roomTopic(one.room)
      const same = byTopic.get(topic)
      if (same) same.push(one)
      else byTopic.set(topic, [one])
    }
    for (const [topic, of] of byTopic) void bus.publish(topic, { kind: 'events', landed: of })
  })

  /** @throws Refusal whatever the store's transaction refused. */
  async function write(who: Actor, room: string, act: Act, known?: true): Promise<Done> {
    const noted = who.login === undefined && !('key' in act) && act.act !== 'read' ? act : undefined
    if (noted) await noteOperator(room, noted)
    const outcome = await append.append({
      room,
      by: who.account,
      ...(who.login === undefined ? {} : { login: who.login }),
      at: now(),
      allowed: allowedFor(act),
      ...(known ? { known } : {}),
      do: act,
    })
    if ('refused' in outcome) {
      if (noted) await noteOperator(room, noted, outcome.refused)
      throw new Refusal(outcome.refused, outcome.message)
    }
    return outcome
  }

  return {
    write,
    /** For acts that always give an event its number. */
    note: async (who: Actor, room: string, act: Act, known?: true): Promise<Noted> => (await write(who, room, act, known)) as Noted,
  }
}

export type Log = ReturnType<typeof createLog>

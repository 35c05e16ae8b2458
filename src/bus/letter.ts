import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import * as v from 'valibot'
import type { BusMessage } from './bus.ts'

/** What travels between nodes: a message with who sent it, or only a sign of life that its sender waits for. */
export interface Letter {
  from: string
  /** The `probe` of a node to itself. */
  probe?: number
  message?: BusMessage
}

/** bytes of a letter; what is longer comes without its events, which the others then read from the store. */
export const mostBytes = 256 * 1024
const macBytes = 32

const id = v.pipe(v.string(), v.maxLength(200))
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))
const event = v.looseObject({ seq: v.pipe(count, v.minValue(1)), id, kind: id, by: id, at: count })
const landed = v.object({ room: id, last: count, n: count, events: v.pipe(v.array(event), v.maxLength(10_000)) })
const state = v.picklist(['active', 'away', 'offline'])
const person = { account: id, state, rooms: v.pipe(v.array(id), v.maxLength(10_000)) }
const ended = v.object({ login: id, account: id, why: id, request: v.optional(id) })
const question = v.variant('ask', [
  v.object({ ask: v.literal('ended'), ended: v.array(ended), request: v.optional(id) }),
  v.object({ ask: v.literal('keys') }),
  v.object({ ask: v.literal('connections'), logins: v.array(id) }),
])
const socket = v.object({ id, node: id, since: count, lastFrameAt: count })
const answer = v.object({ connections: v.optional(count), open: v.optional(v.array(v.tuple([id, v.array(socket)]))) })
const message = v.variant('kind', [
  v.object({ kind: v.literal('events'), landed: v.array(landed) }),
  v.object({ kind: v.literal('marks'), account: id, room: id, read: count, readN: count }),
  v.object({ kind: v.literal('typing'), room: id, account: id }),
  v.object({ kind: v.literal('presence'), node: id, ...person }),
  v.object({ kind: v.literal('here'), node: id, asks: v.boolean() }),
  v.object({ kind: v.literal('present'), node: id, people: v.array(v.object(person)) }),
  v.object({ kind: v.literal('question'), id, node: id, question }),
  v.object({ kind: v.literal('answer'), id, node: id, answer }),
])
const envelope = v.object({ from: id, probe: v.optional(count), message: v.optional(v.unknown()) })

/**
 * Letters between nodes, each with a mark (HMAC-SHA-256, RFC 2104) that only nodes of one house can make: whoever gets at Redis can read
 * and lose them, but neither put words into anybody's mouth nor send anybody away.
 */
export function createLetters(key: KeyObject) {
  const markOf = (channel: string, text: Buffer) => createHmac('sha256', key).update(`${channel}\n`).update(text).digest()

  function seal(channel: string, text: string): Buffer {
    const body = Buffer.from(text)
    return Buffer.concat([markOf(channel, body), body])
  }

  return {
    write(channel: string, given: Letter): Buffer {
      const whole = seal(channel, JSON.stringify(given))
      if (whole.length <= mostBytes || given.message?.kind !== 'events') return whole
      const bare = given.message.landed.map(({ room, last, n }) => ({ room, last, n, events: [] }))
      return seal(channel, JSON.stringify({ ...given, message: { kind: 'events', landed: bare } }))
    },
    /** `unknown`: from a node of this house that says something which this version does not know. `foreign`: from nobody of ours. */
    read(channel: string, bytes: Buffer): Letter | 'unknown' | 'foreign' {
      if (bytes.length < macBytes || bytes.length > 16 * mostBytes) return 'foreign'
      const body = bytes.subarray(macBytes)
      if (!timingSafeEqual(bytes.subarray(0, macBytes), markOf(channel, body))) return 'foreign'
      const outer = v.safeParse(envelope, parsed(body))
      if (!outer.success) return 'unknown'
      const { message: said, ...rest } = outer.output
      if (said === undefined) return rest as Letter
      const inner = v.safeParse(message, said)
      return inner.success ? ({ ...rest, message: inner.output } as Letter) : 'unknown'
    },
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

import type { Line, Wish } from '../outside/line.ts'

/** How one kind of server is spoken to. */
export interface Dialect {
  /** No more posts than this are ever on their way at a time, whatever a scenario says. */
  readonly mostInFlight?: number
  /** What the nth connection asks the server with. */
  wish(i: number, room: string): Wish
  /** Resolves with what the server says when it takes the connection; to nothing where it says nothing. */
  welcome(line: Line): Promise<string>
  /** After the welcome: resolves when the line hears the room. */
  open(line: Line, room: string): Promise<void>
  /** The text frame that posts this. */
  post(room: string, n: number, text: string): string
  /** What the server answers to the nth post, where it answers. */
  answered?(bytes: Buffer, from: number, to: number): { n: number; ok: boolean } | undefined
  /** Called with each frame, for servers that want an answer to some. */
  notice?(line: Line, bytes: Buffer, from: number, to: number): void
}

/** Keys are for the life of a message: those of another run must not be met again. */
const run = Date.now().toString(36)
const okHead = Buffer.from('{"type":"ok","ref":')
const refusedHead = Buffer.from('{"type":"refused","ref":')
/** The refs before it are for what comes before the first post. */
const firstRef = 2

/** A Parley: a token for each connection, or fewer that are shared in turn. */
export function parleyDialect(tokens: readonly string[]): Dialect {
  return {
    wish: (i) => ({
      path: '/ws',
      headers: { 'Sec-WebSocket-Protocol': 'parley.v1', Authorization: `Bearer ${tokens[i % tokens.length]}` },
    }),
    welcome: (line) => line.next((text) => (text.startsWith('{"type":"welcome"') ? text : undefined)),
    async open(line, room) {
      line.say(JSON.stringify({ type: 'open', ref: 1, rooms: [{ room }] }))
      const answer = await line.next((text) => (/^\{"type":"(ok|refused)","ref":1,/.test(text) ? text : undefined))
      if (!answer.startsWith('{"type":"ok"') || answer.includes('"refused":')) {
        throw new Error(`A room could not be opened: ${answer.slice(0, 200)}`)
      }
    },
    post: (room, n, text) =>
      JSON.stringify({ type: 'post', ref: n + firstRef, room, key: `bench-${run}-${String(n).padStart(8, '0')}`, text }),
    answered(bytes, from) {
      const ok = startsWith(bytes, from, okHead)
      if (!ok && !startsWith(bytes, from, refusedHead)) return undefined
      return { n: numberAt(bytes, from + (ok ? okHead : refusedHead).length) - firstRef, ok }
    },
  }
}

const startsWith = (bytes: Buffer, from: number, head: Buffer) =>
  bytes.length >= from + head.length && head.compare(bytes, from, from + head.length) === 0

function numberAt(bytes: Buffer, from: number): number {
  let value = 0
  for (let i = from; ; i++) {
    const digit = (bytes[i] ?? 0) - 48
    if (digit < 0 || digit > 9) return value
    value = value * 10 + digit
  }
}

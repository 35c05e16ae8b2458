import type { Actor } from '../chat/log.ts'
import type { Messages } from '../chat/messages.ts'
import type { Rooms } from '../chat/rooms.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { ClientFrame, FrameOf, FrameType } from '../protocol/client-frames.ts'
import { type CloseReason, Refusal } from '../protocol/codes.ts'
import { typingEveryMs } from '../protocol/limits.ts'
import type { Answers } from '../protocol/server-frames.ts'
import type { Connection } from './connection.ts'

export interface Deps {
  messages: Messages
  rooms: Rooms
  tokens: Pick<Tokens, 'readToken'>
  now: () => number
  monotonic: () => number
  open: (connection: Connection, ref: number, rooms: { room: string; after?: number; id?: string }[]) => Promise<void>
  shut: (connection: Connection, room: string) => void
  presence: (connection: Connection, state: 'active' | 'away') => void
  renewed: (connection: Connection) => void
  end: (connection: Connection, reason: CloseReason | 'bye') => void
}

type Handler<T extends FrameType> = (frame: FrameOf<T>, from: Connection, deps: Deps) => Promise<Answers[T] | undefined>

/** One line per thing a client can ask; a frame without a line here does not compile. `undefined`: has answered itself. */
const handlers: { [T in FrameType]: Handler<T> } = {
  open: async (frame, from, deps) =>
    void (await deps.open(from, frame.ref, frame.rooms as { room: string; after?: number; id?: string }[])),
  shut: async ({ rooms }, from, deps) => {
    for (const room of rooms) deps.shut(from, room)
    return {}
  },
  post: (frame, from, deps) => deps.messages.post(active(from, deps), frame),
  edit: (frame, from, deps) => deps.messages.edit(active(from, deps), frame),
  remove: (frame, from, deps) => deps.messages.remove(active(from, deps), frame),
  react: (frame, from, deps) => deps.messages.react(active(from, deps), frame),
  read: async ({ room, seq }, from, { messages }) => {
    await messages.read(from.actor, room, seq)
    return {}
  },
  history: history,
  join: ({ room }, from, { rooms }) => rooms.join(from.actor, room),
  leave: ({ room }, from, { rooms }) => rooms.leave(from.actor, room),
  typing: typing,
  presence: async ({ state }, from, deps) => {
    deps.presence(from, state)
    if (state === 'active') active(from, deps)
    return {}
  },
  renew: renew,
  ping: async (_, __, { now }) => ({ now: now() }),
  bye: async (_, from, deps) => {
    setImmediate(() => deps.end(from, 'bye'))
    return {}
  },
}

/** The answer to a frame. A write has entered the store's queue when this returns. */
export const handle = (frame: ClientFrame, from: Connection, deps: Deps): Promise<object | undefined> =>
  (handlers[frame.type] as Handler<FrameType>)(frame, from, deps)

/** What counts as activity for the idle limit, and who acts. */
function active(from: Connection, { now }: Deps): Actor {
  from.login.activeAt = now()
  from.login.untold = true
  return from.actor
}

/** After the own `left` nothing of a room follows, not even what was read before it. */
async function history({ room, ...ask }: FrameOf<'history'>, from: Connection, { messages, rooms }: Deps): Promise<Answers['history']> {
  const account = from.account.account.id
  const page = await messages.history(account, room, ask)
  if (!from.account.rooms?.has(room)) await rooms.members(account, room) // refuses, in the right words
  return page
}

async function typing({ room }: FrameOf<'typing'>, from: Connection, deps: Deps): Promise<object> {
  if (!from.account.rooms?.has(room)) await deps.rooms.members(from.account.account.id, room) // refuses, in the right words
  const actor = active(from, deps)
  const now = deps.monotonic()
  if (now - from.typedAt < typingEveryMs) return {}
  from.typedAt = now
  await deps.messages.typing(actor, room)
  return {}
}

/** A newer token of the same login lengthens the connection's time, and nothing else about it. */
async function renew({ token }: FrameOf<'renew'>, from: Connection, deps: Deps): Promise<{ expiresAt: number } | undefined> {
  const claims = await deps.tokens.readToken(token)
  if (!claims) throw new Refusal('signed_out', 'That token is not valid.')
  if (claims.sub !== from.account.account.id || claims.sid !== from.login.login.id) {
    deps.end(from, 'subjectMismatch')
    return undefined
  }
  if (from.tokenExpiresAt !== undefined) {
    from.kid = claims.kid
    from.tokenExpiresAt = claims.exp
    deps.renewed(from)
  }
  return { expiresAt: claims.exp }
}

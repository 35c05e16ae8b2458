import type { Messages } from '../chat/messages.ts'
import type { Rooms } from '../chat/rooms.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { ClientFrame, FrameOf, FrameType } from '../protocol/client-frames.ts'
import { type CloseReason, Refusal } from '../protocol/codes.ts'
import { typingEveryMs } from '../protocol/limits.ts'
import type { Answers, Posted } from '../protocol/server-frames.ts'
import type { Connection } from './connection.ts'

export interface Deps {
  messages: Messages
  rooms: Rooms
  tokens: Pick<Tokens, 'readToken'>
  now: () => number
  monotonic: () => number
  posting: () => { postsPerSecond: number; postBurst: number }
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
  post: (frame, from, deps) => paced(from, deps, (known) => deps.messages.post(from.actor, frame, known)),
  edit: (frame, from, deps) => paced(from, deps, (known) => deps.messages.edit(from.actor, frame, known)),
  remove: (frame, from, deps) => paced(from, deps, (known) => deps.messages.remove(from.actor, frame, known)),
  react: (frame, from, deps) => paced(from, deps, (known) => deps.messages.react(from.actor, frame, known)),
  read: async ({ room, seq }, from, { messages }) => {
    await messages.read(from.actor, room, seq)
    return {}
  },
  history: ({ room, ...ask }, from, { messages }) => messages.history(from.account.account.id, room, ask),
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

/**
 * Writes are paced per login. One that comes too fast still goes to the store, marked `known`: if it repeats
 * an earlier key it gets the first answer again, whatever the pace (the refusal itself is the store's).
 */
function paced(from: Connection, deps: Deps, write: (known?: true) => Promise<Posted>): Promise<Posted> {
  active(from, deps)
  const { postsPerSecond, postBurst } = deps.posting()
  const retryAfterMs = from.login.posts.take(deps.monotonic(), postsPerSecond, postBurst)
  if (retryAfterMs === 0) return write()
  return write(true).catch((error) => {
    throw error instanceof Refusal && error.code === 'rate_limited' ? new Refusal('rate_limited', undefined, { retryAfterMs }) : error
  })
}

function active(from: Connection, { now }: Deps): void {
  from.login.activeAt = now()
  from.login.untold = true
}

async function typing({ room }: FrameOf<'typing'>, from: Connection, deps: Deps): Promise<object> {
  if (!from.account.rooms?.has(room)) throw new Refusal('no_such_room')
  active(from, deps)
  const now = deps.monotonic()
  if (now - from.typedAt < typingEveryMs && from.typedIn === room) return {}
  from.typedAt = now
  from.typedIn = room
  await deps.messages.typing(from.actor, room)
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
    from.tokenExpiresAt = claims.exp
    deps.renewed(from)
  }
  return { expiresAt: claims.exp }
}

import * as v from 'valibot'
import { clientFrames } from '../../protocol/client-frames.ts'
import { check } from '../bodies.ts'
import type { HttpDeps } from '../deps.ts'
import { actor } from './rooms.ts'
import type { Route } from './routes.ts'

const number = v.optional(
  v.pipe(
    v.string(),
    v.regex(/^\d{1,15}$/, 'must be a whole number'),
    v.transform((digits) => Number(digits)),
  ),
)
const page = v.object({ before: number, after: number, around: number, limit: number })
const { room: _, ...post } = clientFrames.post.entries

/** The same two acts as on the socket, under the same checks. */
export const messageRoutes = ({ messages }: Pick<HttpDeps, 'messages'>): Route[] => [
  {
    method: 'GET',
    path: '/rooms/:id/messages',
    who: 'signed-in',
    answer({ caller, param, query }) {
      const { room, ...ask } = check(clientFrames.history, { ...query(page), room: param('id') })
      return messages.history(caller.login.account.id, room, ask)
    },
  },
  {
    method: 'POST',
    path: '/rooms/:id/messages',
    who: 'signed-in',
    answer: ({ caller, param, body }) => messages.post(actor(caller), { ...body(v.object(post)), room: param('id') }),
  },
]

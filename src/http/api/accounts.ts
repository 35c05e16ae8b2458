import * as v from 'valibot'
import type { Caller } from '../caller.ts'
import type { HttpDeps } from '../deps.ts'
import { id } from './rooms.ts'
import type { Call, Route } from './routes.ts'

const asked = v.object({
  prefix: v.optional(v.pipe(v.string(), v.maxLength(64)), ''),
  ids: v.optional(
    v.pipe(
      v.string(),
      v.transform((list) => list.split(',')),
      v.maxLength(100, 'must name at most 100 accounts'),
      v.array(id),
    ),
  ),
})

/** Other people: whom one can ask into a room, and who it was that wrote what one reads. */
export function accountRoutes({ rooms }: Pick<HttpDeps, 'rooms'>): Route[] {
  const found = ({ caller, query }: Call<Caller>) => {
    const { account } = caller.login
    const { prefix, ids } = query(asked)
    const everyone = account.role === 'admin'
    return ids === undefined ? rooms.people(account.id, prefix, everyone) : rooms.named(account.id, ids, everyone)
  }

  return [{ method: 'GET', path: '/accounts', who: 'signed-in', answer: found }]
}

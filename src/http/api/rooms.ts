import * as v from 'valibot'
import type { Actor } from '../../chat/log.ts'
import type { RoomState } from '../../protocol/events.ts'
import type { Caller } from '../caller.ts'
import type { HttpDeps } from '../deps.ts'
import type { Call, Route } from './routes.ts'

export const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id'))
const ids = v.pipe(v.array(id), v.maxLength(200, 'must name at most 200 accounts'))
const newRoom = v.object({
  name: v.pipe(v.string(), v.maxLength(320)),
  kind: v.picklist(['public', 'private'], 'must be public or private'),
  members: v.optional(ids, []),
})
const people = v.object({ accounts: v.pipe(ids, v.minLength(1, 'must name an account')) })
const member = v.object({ account: id, role: v.optional(v.picklist(['moderator', 'member'], 'must be moderator or member'), 'member') })

/** The account, through the login that must still hold when the store writes. */
export const actor = ({ login }: Caller): Actor => ({ account: login.account.id, login: login.id })

/** Rooms and who is in them. What may not be is refused by the chat, not here. */
export function roomRoutes({ rooms }: Pick<HttpDeps, 'rooms'>): Route[] {
  async function list({ caller }: Call<Caller>): Promise<object> {
    const account = caller.login.account.id
    const [mine, open] = await Promise.all([rooms.list(account), rooms.public(account)])
    const others = open.filter(({ joined }) => !joined).map((room) => ({ ...room, kind: 'public' as const }))
    return [...mine.map((room: RoomState) => ({ ...room, joined: true })), ...others]
  }

  const add = ({ caller, body, param }: Call<Caller>) => {
    const { account, role } = body(member)
    return account === caller.login.account.id
      ? rooms.join(actor(caller), param('id'))
      : rooms.add(actor(caller), param('id'), account, role)
  }

  const remove = ({ caller, param }: Call<Caller>) =>
    param('account') === caller.login.account.id
      ? rooms.leave(actor(caller), param('id'))
      : rooms.remove(actor(caller), param('id'), param('account'))

  return [
    { method: 'GET', path: '/rooms', who: 'signed-in', answer: list },
    { method: 'POST', path: '/rooms', who: 'signed-in', answer: ({ caller, body }) => rooms.create(actor(caller), body(newRoom)) },
    {
      method: 'POST',
      path: '/rooms/direct',
      who: 'signed-in',
      answer: ({ caller, body }) => rooms.direct(actor(caller), body(people).accounts),
    },
    {
      method: 'GET',
      path: '/rooms/:id/members',
      who: 'signed-in',
      answer: ({ caller, param }) => rooms.members(caller.login.account.id, param('id')),
    },
    { method: 'POST', path: '/rooms/:id/members', who: 'signed-in', answer: add },
    { method: 'DELETE', path: '/rooms/:id/members/:account', who: 'signed-in', answer: remove },
  ]
}

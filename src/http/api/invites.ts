import * as v from 'valibot'
import { Refusal } from '../../protocol/codes.ts'
import type { Caller } from '../caller.ts'
import type { HttpDeps } from '../deps.ts'
import type { Joining } from '../joining.ts'
import { newPerson } from '../people.ts'
import type { SigningIn } from '../signing-in.ts'
import type { Call, Route } from './routes.ts'
import { shown } from './session.ts'

const day = 86_400_000
const asked = v.object({
  room: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id'))),
  uses: v.optional(v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1), v.maxValue(1_000, 'must be at most 1000')), 1),
  /** ms from now. */
  expires: v.optional(
    v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(60_000), v.maxValue(90 * day, 'must be at most 90 days')),
    7 * day,
  ),
})

type Deps = Pick<HttpDeps, 'invites' | 'rooms' | 'settings' | 'log' | 'now'> & { signingIn: SigningIn; joining: Joining }

/** How people who have no account get one: by a link, or, where the operator wants it so, just by asking. */
export function inviteRoutes({ invites, rooms, settings, log, now, signingIn, joining }: Deps): Route[] {
  async function invite({ caller, res, body }: Call<Caller>): Promise<object> {
    if (settings.registration === 'closed') throw new Refusal('forbidden', 'This server takes no new accounts.')
    const { room, uses, expires } = body(asked)
    const { account } = caller.login
    if (room !== undefined) {
      const state = await rooms.find(account.id, room)
      if (state === undefined) throw new Refusal('no_such_room')
      if (state.role === 'member' || state.kind === 'direct')
        throw new Refusal('forbidden', 'Only owners and moderators invite into a room.')
    }
    const { code, expiresAt } = await invites.create({ by: account.id, room, uses, expiresAt: now() + expires })
    log.info(
      { event: 'invite_created', request: res.locals.requestId, account: account.id, room, uses, expiresAt },
      'an invitation was made',
    )
    return { url: new URL(`/invite/${code}`, settings.publicUrl).href, expiresAt }
  }

  return [
    { method: 'POST', path: '/invites', who: 'signed-in', answer: invite },
    {
      method: 'POST',
      path: '/accounts',
      who: 'anyone',
      answer: async ({ req, res, body }) => shown(await signingIn.enter(req, res, await joining.register(body(newPerson), req, res))),
    },
    {
      method: 'POST',
      path: '/invites/:code',
      who: 'anyone',
      answer: async ({ req, res, param, body }) => {
        const { account } = await joining.accept(param('code'), body(newPerson), res)
        return shown(await signingIn.enter(req, res, account))
      },
    },
  ]
}

import type { Request, Response } from 'express'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { operator } from '../chat/log.ts'
import { addressKey } from '../identity/address.ts'
import type { NewPerson } from '../identity/invites.ts'
import { Refusal } from '../protocol/codes.ts'
import type { Account, RoomState } from '../protocol/events.ts'
import type { HttpDeps } from './deps.ts'

type Deps = Pick<HttpDeps, 'invites' | 'rooms' | 'accounts' | 'settings' | 'audit' | 'log'>

/** New accounts that one address may make in an hour, where anyone may. */
const registrationsAnHour = 20

/** What an invitation says to the person who holds it. */
export interface Shown {
  by: string
  room?: string
  expiresAt: number
}

/** Following an invitation: seeing what it is for, and becoming an account of it. */
export function createJoining({ invites, rooms, accounts, settings, audit, log }: Deps) {
  /** The room as its inviter sees it, while that person may still bring others in. */
  async function stillLed(by: string, room: string): Promise<RoomState | undefined> {
    const state = await rooms.find(by, room)
    return state === undefined || state.role === 'member' ? undefined : state
  }

  /** The inviter is not here to act through a login, so the server does what that person was allowed when asked and still is. */
  async function bringIn(account: string, by: string, room: string): Promise<void> {
    if (by !== operator.account && (await stillLed(by, room)) === undefined)
      throw new Refusal('forbidden', 'Whoever invited may not any more.')
    await rooms.add(operator, room, account)
  }

  const registrations = new RateLimiterMemory({ points: registrationsAnHour, duration: 3_600 })

  return {
    /** Whether anyone may make an account. Never before there is an admin: whoever came first would find nobody above. */
    isOpen: async () => settings.registration === 'open' && (await accounts.count()) > 0,

    /** @throws Refusal forbidden · rate_limited · invalid · name_taken · unavailable */
    async register(person: NewPerson, req: Request, res: Response): Promise<Account> {
      if (!(await this.isOpen())) throw new Refusal('forbidden', 'An account here takes an invitation.')
      await registrations.consume(addressKey(req.ip ?? '')).catch((over) => {
        throw over instanceof RateLimiterRes ? new Refusal('rate_limited', undefined, { retryAfterMs: over.msBeforeNext }) : over
      })
      const account = await audit.as({ who: 'nobody' }, () => accounts.add({ ...person, role: 'member' }))
      log.info({ event: 'user_created', request: res.locals.requestId, account: account.id, address: req.ip }, 'somebody made an account')
      return account
    },

    /** Undefined when it holds no more, whatever the reason. */
    async look(code: string): Promise<Shown | undefined> {
      const invitation = settings.registration === 'closed' ? undefined : await invites.look(code)
      if (invitation?.by === operator.account) return { by: 'The operator of this server', expiresAt: invitation.expiresAt }
      const by = invitation && (await accounts.get(invitation.by))
      if (invitation === undefined || by === undefined || by.disabled) return undefined
      const room = invitation.room === undefined ? undefined : await stillLed(by.id, invitation.room)
      return { by: by.display, ...(room !== undefined && { room: room.name }), expiresAt: invitation.expiresAt }
    },

    /** @returns the account, and the room that it is in from now on. @throws Refusal forbidden · invalid · name_taken · unavailable */
    async accept(code: string, person: NewPerson, res: Response): Promise<{ account: Account; room?: string }> {
      if ((await this.look(code)) === undefined)
        throw new Refusal('forbidden', 'This invitation has been used or has expired. Ask for a new one.')
      const { account, by, room } = await invites.accept(code, person)
      log.info({ event: 'user_created', request: res.locals.requestId, account: account.id, by }, 'an invitation was accepted')
      const isIn = room !== undefined && (await bringIn(account.id, by, room).then(yes, notAdded(res, room)))
      return isIn ? { account, room } : { account }
    },
  }

  /** The account is there already; that its inviter has left the room since is no reason to turn the newcomer away. */
  function notAdded(res: Response, room: string) {
    return (err: unknown): false => {
      log.warn({ event: 'invite_room_failed', request: res.locals.requestId, room, err }, 'the newcomer could not be added to the room')
      return false
    }
  }
}

const yes = () => true

export type Joining = ReturnType<typeof createJoining>

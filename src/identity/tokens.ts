import { jwtVerify, SignJWT } from 'jose'
import type { Kysely } from 'kysely'
import * as v from 'valibot'
import { Refusal } from '../protocol/codes.ts'
import type { Tables } from '../store/schema.ts'
import type { Audit, AuditRecord } from './audit.ts'
import type { Tally } from './audit-tally.ts'
import { hashOf, randomId } from './ids.ts'
import { longestLife } from './keys.ts'
import type { Login } from './logins.ts'
import type { Secrets, TokenKey } from './secrets.ts'
import { createTokenCache } from './token-cache.ts'

/** What a session token says about its bearer. `exp` is in ms. */
export interface TokenClaims {
  sub: string
  sid: string
  scope: string
  exp: number
  /** The key that signed it. */
  kid: string
}

/** What a ticket says. `exp` is in ms. */
export interface TicketClaims {
  sid: string
  origin: string
  jti: string
  exp: number
}

export interface Tokens {
  /** A session token for this login, for at most `token.life` unless the operator says until when. */
  token(login: Login, until?: { expiresAt: number }): Promise<{ token: string; expiresAt: number }>
  /** Undefined when it is not a valid session token. Whether its login still holds is for `logins.find` to say. */
  readToken(jwt: string): Promise<TokenClaims | undefined>
  /** A one-use ticket for the upgrade, 30 s, for this origin. */
  ticket(login: Login, origin: string): Promise<{ ticket: string; expiresAt: number }>
  readTicket(jwt: string): Promise<TicketClaims | undefined>
  /** True once for each jti, on all nodes together. @throws when the store fails. */
  consume(jti: string, exp: number): Promise<boolean>
  /** Public keys (RFC 7517), those that sign next among them. */
  jwks(): { keys: object[] }
  /** Forgets consumed tickets that have expired anyway. */
  sweep(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  audit: Pick<Audit, 'note'>
  tally: Pick<Tally, 'add'>
  secrets: Pick<Secrets, 'tokenKeys'>
  now: () => number
  /** The `iss` of all tokens of this store. */
  issuer: string
  /** ms that a session token holds: `token.life`. */
  tokenLife: () => number
}

const session = { typ: 'at+jwt', audience: 'parley:ws' }
const upgrade = { typ: 'parley-ticket+jwt', audience: 'parley:upgrade' }
const ticketLife = 30_000
/** ms that the clocks of two nodes may differ: only for `iat`, since a node that is slow must not stretch an `exp`. */
const skew = 30_000
const mostChars = 4096
/** 1 January 5138; also what a 1e308 fails at. */
const latest = 100_000_000_000

const compact = /^[\w-]+\.[\w-]+\.[\w-]+$/
const id = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/))
const seconds = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(latest))
const tokenShape = v.object({ sub: id, sid: id, scope: v.literal('chat'), jti: id, iat: seconds, exp: seconds })
const ticketShape = v.object({ sid: id, origin: v.pipe(v.string(), v.maxLength(300)), jti: id, iat: seconds, exp: seconds })

/** Session tokens and tickets: JWS compact, ES256 and nothing else (RFC 7515, 8725). Encrypted tokens are not spoken at all. */
export function createTokens({ db, audit, tally, secrets, now, issuer, tokenLife }: Deps): Tokens {
  const known = createTokenCache<TokenClaims>({ most: 10_000 })

  function activeKey(): TokenKey {
    const key = [...secrets.tokenKeys().values()].find(({ state }) => state === 'active')
    if (key === undefined) throw new Error('There is no active token key.')
    return key
  }

  type Claims = { sub?: string; sid: string; scope?: string; origin?: string }
  async function sign(kind: typeof session, claims: Claims, expiresAt: number, key = activeKey()) {
    const exp = Math.floor(expiresAt / 1000)
    const jwt = await new SignJWT({ ...claims, iss: issuer, aud: kind.audience, jti: randomId(), iat: Math.floor(now() / 1000), exp })
      .setProtectedHeader({ alg: 'ES256', typ: kind.typ, kid: key.kid })
      .sign(key.private)
    return { jwt, expiresAt: exp * 1000 }
  }

  /** The kid is looked up among our own keys and nothing else in the header is looked at: no jku, x5u, jwk. */
  async function verify<T extends { iat: number; exp: number }>(kind: typeof session, shape: v.GenericSchema<unknown, T>, jwt: string) {
    if (jwt.length > mostChars || !compact.test(jwt) || !isCanonical(jwt)) return undefined
    try {
      let kid = ''
      const { payload, protectedHeader } = await jwtVerify(
        jwt,
        (header) => {
          const key = secrets.tokenKeys().get(header.kid ?? '')
          if (key === undefined) throw new Error('unknown kid')
          kid = key.kid
          return key.public
        },
        {
          algorithms: ['ES256'],
          issuer,
          audience: kind.audience,
          typ: kind.typ,
          currentDate: new Date(now()),
          clockTolerance: skew / 1000,
        },
      )
      const claims = v.safeParse(shape, payload)
      if (!claims.success || typeof payload.aud !== 'string' || protectedHeader.typ !== kind.typ) return undefined
      const { iat, exp } = claims.output
      // It may have been thrown away while the signature was being looked at.
      if (!secrets.tokenKeys().has(kid)) return undefined
      return exp * 1000 > now() && iat * 1000 <= now() + skew && iat < exp ? { claims: claims.output, kid } : undefined
    } catch {
      return undefined // every way in which a token can be wrong is the same to the one who brings it
    }
  }

  async function readToken(jwt: string): Promise<TokenClaims | undefined> {
    if (jwt.length > mostChars) return undefined
    const hash = hashOf(jwt)
    const remembered = known.get(hash, now(), (kid) => secrets.tokenKeys().has(kid))
    if (remembered !== undefined) return remembered
    const read = await verify(session, tokenShape, jwt)
    if (read === undefined) return undefined
    const { sub, sid, scope, exp } = read.claims
    const claims = { sub, sid, scope, exp: exp * 1000, kid: read.kid }
    known.set(hash, { claims, kid: read.kid, exp: claims.exp })
    return claims
  }

  /** Before it is signed: how long its key has to be kept, and for a login that has nothing but this token, which key it is. */
  async function noteKey(login: Login, kid: string, expiresAt: number, record: AuditRecord): Promise<void> {
    await db.transaction().execute(async (tx) => {
      const kept = await tx
        .updateTable('secret')
        .set((eb) => ({ signed_until: eb.case().when('signed_until', '<', expiresAt).then(expiresAt).else(eb.ref('signed_until')).end() }))
        .where('id', '=', kid)
        .returning('id')
        .execute()
      if (kept.length === 0) throw new Refusal('unavailable', 'The keys have just changed. Try again.')
      await tx.updateTable('login').set({ kid }).where('id', '=', login.id).where('credential', '=', 'token').execute()
      await audit.note(tx, { ...record, extra: { kid, expiresAt } })
    })
  }

  return {
    readToken,

    async token(login, until) {
      const key = activeKey()
      const wanted = Math.min(until?.expiresAt ?? now() + tokenLife(), login.expiresAt)
      const record = { event: 'authn_token_created', what: login.account.id, login: login.id } as const
      if (until !== undefined || wanted > now() + longestLife) await noteKey(login, key.kid, wanted, record)
      else await tally.add(login.id, { who: login.account.id, ...record })
      const claims = { sub: login.account.id, sid: login.id, scope: 'chat' }
      const { jwt, expiresAt } = await sign(session, claims, wanted, key)
      return { token: jwt, expiresAt }
    },

    async ticket(login, origin) {
      const { jwt, expiresAt } = await sign(upgrade, { sid: login.id, origin }, now() + ticketLife)
      return { ticket: jwt, expiresAt }
    },

    async readTicket(jwt) {
      const read = await verify(upgrade, ticketShape, jwt)
      if (read === undefined) return undefined
      const { sid, origin, jti, exp } = read.claims
      return { sid, origin, jti, exp: exp * 1000 }
    },

    async consume(jti, exp) {
      const used = await db
        .insertInto('used_ticket')
        .values({ jti, expires_at: exp })
        .onConflict((clash) => clash.doNothing())
        .returning('jti')
        .execute()
      return used.length === 1
    },

    jwks: () => ({
      keys: [...secrets.tokenKeys().values()].map((key) => ({
        ...key.public.export({ format: 'jwk' }),
        kid: key.kid,
        alg: 'ES256',
        use: 'sig',
      })),
    }),

    async sweep() {
      // Kept a while longer than they hold, for nodes whose clock is behind.
      await db
        .deleteFrom('used_ticket')
        .where('expires_at', '<', now() - 2 * skew)
        .execute()
    },
  }
}

/** The last letter of a signature has bits that mean nothing; a token is one text, not sixteen. */
function isCanonical(jwt: string): boolean {
  const signature = jwt.slice(jwt.lastIndexOf('.') + 1)
  return Buffer.from(signature, 'base64url').toString('base64url') === signature
}

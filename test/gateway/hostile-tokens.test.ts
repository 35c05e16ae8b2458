import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { often, seedOf } from './chance.ts'
import { knock, RawClient, upgradeText } from './raw.ts'

let house: TestHouse
let ada: Person
let bob: Person
let port: number

before(async () => {
  house = await startHouse({ settings: { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '1000000', PARLEY__LOG__LEVEL: 'error' } })
  ;[ada, bob] = await house.people('ada', 'bob')
  port = house.service.port
})
after(() => house.close())

type Json = Record<string, unknown>
const b64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const parts = (token: string) => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const read = (part: string) => JSON.parse(String(Buffer.from(part, 'base64url'))) as Json
  return { header: read(header), payload: read(payload), signature }
}

/** Text that was changed somewhere: a letter, a piece, a doubling, another's end. */
const changed = (text: string, other: string): fc.Arbitrary<string> => {
  const at = fc.nat(text.length - 1)
  const letter = fc.constantFrom(...'ABCabc019-_.=+/ ~%')
  return fc
    .oneof(
      fc.tuple(at, letter).map(([i, one]) => text.slice(0, i) + one + text.slice(i + 1)),
      fc.tuple(at, letter).map(([i, one]) => text.slice(0, i) + one + text.slice(i)),
      fc.tuple(at, fc.integer({ min: 1, max: 40 })).map(([i, n]) => text.slice(0, i) + text.slice(i + n)),
      fc.tuple(at, fc.nat(other.length - 1)).map(([i, j]) => text.slice(0, i) + other.slice(j)),
      at.map((i) => text.slice(0, i) + text.slice(i).toUpperCase()),
      fc.constantFrom(`${text}.`, `.${text}`, `${text}.x`, text.replaceAll('.', '..'), text.replace('.', ''), `${text}=`, `${text},`),
    )
    .filter((one) => ![text, other].includes(one.trim()))
}

const values = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    '0',
    [],
    {},
    -1,
    0,
    1.5,
    1e308,
    -1e308,
    '9999999999',
    ['parley:ws'],
    'parley:upgrade',
    '__proto__',
  ),
  fc.constantFrom<unknown>('../../etc/passwd', "' or 1=1 --", 'none', 'HS256', 'ES256', 'at+jwt', { toString: 'x' }, 2 ** 53, 99999999999),
  fc.string({ maxLength: 40 }),
)
const headerNames = ['alg', 'typ', 'kid', 'jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'cty', '__proto__', 'constructor']
const claimNames = ['iss', 'aud', 'sub', 'sid', 'scope', 'exp', 'iat', 'nbf', 'jti', '__proto__']

/** A token whose header or claims say something else, under the old signature, none, or one made with what is public. */
const forged = (token: string): fc.Arbitrary<string> => {
  const { header, payload, signature } = parts(token)
  const publicKey = JSON.stringify(house.service.house.tokens.jwks())
  const changes = (names: string[]) => fc.dictionary(fc.constantFrom(...names), values, { minKeys: 1, maxKeys: 3 })
  return fc
    .tuple(
      fc.oneof(changes(headerNames), fc.constant({ alg: 'none' }), fc.constant({ alg: 'HS256' }), fc.constant({})),
      changes(claimNames),
      fc.nat(3),
    )
    .map(([moreHeader, moreClaims, how]) => {
      const body = `${b64({ ...header, ...moreHeader })}.${b64({ ...payload, ...moreClaims })}`
      const mac = createHmac('sha256', publicKey).update(body).digest('base64url')
      return `${body}.${[signature, '', mac, b64('x'.repeat(64))][how]}`
    })
    .filter((one) => one !== token)
}

/** The status that a token is answered with over the real socket; one connection for each, as every attempt has. */
const attempt = async (token: string): Promise<number> => (await knock(port, { headers: { Authorization: `Bearer ${token}` } })).status

test('of thousands of changed and forged tokens none is accepted and none breaks anything (JWT-11)', async (t) => {
  const { tokens } = house.service.house
  const seed = seedOf(t)
  const any = fc.oneof(
    changed(ada.token, bob.token),
    forged(ada.token),
    fc.string({ maxLength: 200 }),
    fc.string({ unit: 'binary', maxLength: 50 }),
  )
  await fc.assert(
    fc.asyncProperty(any, async (token) => {
      assert.equal(await tokens.readToken(token), undefined, token)
      assert.equal(await tokens.readTicket(token), undefined, token)
    }),
    { seed, numRuns: often(3000) },
  )
})

test('the same at the door: 401 or 400, never a socket and never a 500 (JWT-11)', async (t) => {
  const seed = seedOf(t)
  const sendable = fc.oneof(changed(ada.token, bob.token), forged(ada.token)).filter((token) => !/[^\x20-\x7e]/.test(token))
  await fc.assert(
    fc.asyncProperty(fc.array(sendable, { minLength: 20, maxLength: 20 }), async (batch) => {
      for (const [i, status] of (await Promise.all(batch.map(attempt))).entries())
        assert.ok(status === 401 || status === 400, `${status}: ${batch[i]}`)
    }),
    { seed, numRuns: often(20), endOnFailure: true },
  )
  assert.equal(await attempt(ada.token), 101)
})

test('the same for tickets (WSH-04, JWT-11)', async (t) => {
  const seed = seedOf(t)
  const { tokens, webSessions } = house.service.house
  const origin = `https://localhost:${port}`
  const [{ ticket }, { ticket: other }] = [await tokens.ticket(ada.login, origin), await tokens.ticket(bob.login, origin)]
  webSessions.handleOf = async () => ada.login.id
  const headers = { Cookie: '__Host-Http-parley=x', Origin: origin }
  const offer = (one: string) => ({ headers: { ...headers, 'Sec-WebSocket-Protocol': `parley.v1, parley.ticket.${one}` } })
  const sendable = fc
    .oneof(changed(ticket, other), forged(ticket))
    .filter((one) => !/[^\x20-\x7e]/.test(one) && one.split(',')[0]?.trim() !== ticket)
  await fc.assert(
    fc.asyncProperty(fc.array(sendable, { minLength: 20, maxLength: 20 }), async (batch) => {
      const answers = await Promise.all(batch.map((one) => knock(port, offer(one))))
      for (const [i, { status }] of answers.entries()) assert.ok(status === 401 || status === 400, `${status}: ${batch[i]}`)
    }),
    { seed, numRuns: often(10), endOnFailure: true },
  )
  const client = await RawClient.dial(port)
  assert.equal((await client.say(upgradeText(port, offer(ticket))).answer()).status, 101, 'the ticket itself is still good')
  client.hangUp()
})

import assert from 'node:assert/strict'
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import type { Login } from '../../src/identity/logins.ts'
import { often } from '../gateway/chance.ts'
import { type Household, hour, openHousehold } from './household.ts'

let house: Household
let ada: Login
before(async () => {
  house = await openHousehold()
  ada = await house.someone('ada')
})
after(() => house.close())

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url')
const seconds = () => Math.floor(house.clock.now / 1000)
const active = () => {
  const key = [...house.secrets.tokenKeys().values()].find(({ state }) => state === 'active')
  assert.ok(key)
  return key
}
const goodHeader = () => ({ alg: 'ES256', typ: 'at+jwt', kid: active().kid })
const goodClaims = () => ({
  ...{ iss: 'parley-test', aud: 'parley:ws', sub: ada.account.id, sid: ada.id, scope: 'chat', jti: 'some-id' },
  ...{ iat: seconds(), exp: seconds() + 60 },
})

/** Signed with our own key, whatever it says: only the claims or the header are wrong. */
function signed(header: object, claims: unknown, key: KeyObject = active().private): string {
  const text = `${encode(header)}.${typeof claims === 'string' ? claims : encode(claims)}`
  return `${text}.${createSign('sha256').update(text).sign({ key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

test('a token names its account and login, and holds for ten minutes', async () => {
  const { token, expiresAt } = await house.tokens.token(ada)
  assert.equal(expiresAt, house.clock.now + 600_000)
  const claims = { sub: ada.account.id, sid: ada.id, scope: 'chat', exp: expiresAt, kid: active().kid }
  assert.deepEqual(await house.tokens.readToken(token), claims)
  assert.deepEqual(await house.tokens.readToken(token), claims, 'from the cache')
})

test('the helper of this file makes good tokens, so that its bad ones are bad for one reason', async () => {
  assert.ok(await house.tokens.readToken(signed(goodHeader(), goodClaims())))
})

test('a token ends when it says, not a moment later, remembered or not (JWT-04)', async () => {
  const { token, expiresAt } = await house.tokens.token(ada)
  const other = await house.tokens.token(ada)
  const before = house.clock.now
  house.clock.now = expiresAt - 1
  assert.ok(await house.tokens.readToken(token))
  house.clock.now = expiresAt
  assert.equal(await house.tokens.readToken(token), undefined)
  assert.equal(await house.tokens.readToken(other.token), undefined)
  house.clock.now = before
})

test('no token outlives its login, and the operator may say until when (JWT-05)', async () => {
  const short = { ...ada, expiresAt: house.clock.now + 5_000 }
  assert.equal((await house.tokens.token(short)).expiresAt, house.clock.now + 5_000)
  assert.equal((await house.tokens.token(ada, { expiresAt: house.clock.now + hour })).expiresAt, house.clock.now + hour)
  assert.equal((await house.tokens.token(short, { expiresAt: house.clock.now + hour })).expiresAt, house.clock.now + 5_000)
})

const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const badHeaders: Record<string, [string, () => object][]> = {
  'JWT-01': [
    ['alg none', () => ({ ...goodHeader(), alg: 'none' })],
    ['alg None', () => ({ ...goodHeader(), alg: 'None' })],
    ['alg ES384', () => ({ ...goodHeader(), alg: 'ES384' })],
    ['alg RS256', () => ({ ...goodHeader(), alg: 'RS256' })],
    ['alg PS256', () => ({ ...goodHeader(), alg: 'PS256' })],
    ['alg HS256', () => ({ ...goodHeader(), alg: 'HS256' })],
    ['alg EdDSA', () => ({ ...goodHeader(), alg: 'EdDSA' })],
    ['an unknown crit', () => ({ ...goodHeader(), crit: ['x'], x: 1 })],
    ['b64 false', () => ({ ...goodHeader(), b64: false, crit: ['b64'] })],
  ],
  'JWT-02': [
    ['no kid', () => ({ alg: 'ES256', typ: 'at+jwt' })],
    ...[
      ...['nobody', '', '../../etc/passwd', '/dev/null', '__proto__', 'constructor', 'toString', "' or 1=1 --", '\0', 'x'.repeat(2_000)],
      ...[1, true, null, ['KID'], { kid: 'KID' }, { toString: 'KID' }],
    ].map((kid): [string, () => object] => [
      `${JSON.stringify(kid).slice(0, 40)} as kid`,
      () => ({ ...goodHeader(), kid: JSON.parse(JSON.stringify(kid).replaceAll('KID', active().kid)) }),
    ]),
    ['a kid with a blank behind it', () => ({ ...goodHeader(), kid: `${active().kid} ` })],
    ['a kid in capitals', () => ({ ...goodHeader(), kid: active().kid.toUpperCase() })],
  ],
  'JWT-03': [
    ['no typ', () => ({ alg: 'ES256', kid: active().kid })],
    ['typ JWT', () => ({ ...goodHeader(), typ: 'JWT' })],
    ['typ of a ticket', () => ({ ...goodHeader(), typ: 'parley-ticket+jwt' })],
    ['typ with application/', () => ({ ...goodHeader(), typ: 'application/at+jwt' })],
  ],
}
for (const [id, headers] of Object.entries(badHeaders)) {
  for (const [name, header] of headers) {
    test(`refused: ${name} (${id})`, async () => assert.equal(await house.tokens.readToken(signed(header(), goodClaims())), undefined))
  }
}

test('keys that a token brings along are not looked at (JWT-02)', async () => {
  const jwk = otherKey.export({ format: 'jwk' })
  for (const header of [{ jwk }, { jku: 'https://eve.example/keys' }, { x5u: 'https://eve.example/cert' }, { x5c: ['AAAA'] }]) {
    assert.equal(await house.tokens.readToken(signed({ ...goodHeader(), ...header }, goodClaims(), otherKey)), undefined)
  }
})

test('refused: a signature with the public key as an HMAC secret, and none at all (JWT-01)', async () => {
  const text = `${encode({ ...goodHeader(), alg: 'HS256' })}.${encode(goodClaims())}`
  for (const secret of [
    active().public.export({ format: 'pem', type: 'spki' }),
    JSON.stringify(active().public.export({ format: 'jwk' })),
  ]) {
    assert.equal(await house.tokens.readToken(`${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`), undefined)
  }
  const bare = `${encode({ ...goodHeader(), alg: 'none' })}.${encode(goodClaims())}.`
  assert.equal(await house.tokens.readToken(bare), undefined)
})

const badTimes: [string, () => object][] = [
  ['expired', () => ({ exp: seconds() - 1 })],
  ['expiring this second', () => ({ exp: seconds() })],
  ['exp 1e308', () => ({ exp: 1e308 })],
  ['exp as text', () => ({ exp: String(seconds() + 60) })],
  ['exp with a fraction', () => ({ exp: seconds() + 60.5 })],
  ['exp negative', () => ({ exp: -1 })],
  ['exp null', () => ({ exp: null })],
  ['exp a list', () => ({ exp: [seconds() + 60] })],
  ['iat 31 s ahead', () => ({ iat: seconds() + 31, exp: seconds() + 90 })],
  ['iat after exp', () => ({ iat: seconds() + 20, exp: seconds() + 10 })],
  ['iat as text', () => ({ iat: 'now' })],
  ['nbf to come', () => ({ nbf: seconds() + 40 })],
  ['nbf as text', () => ({ nbf: String(seconds()) })],
]
for (const [name, claims] of badTimes) {
  test(`refused: ${name} (JWT-03, JWT-04)`, async () =>
    assert.equal(await house.tokens.readToken(signed(goodHeader(), { ...goodClaims(), ...claims() })), undefined))
}

const badClaims: [string, () => object][] = [
  ...['iss', 'aud', 'sub', 'sid', 'scope', 'jti', 'iat', 'exp'].map((name): [string, () => object] => [
    `no ${name}`,
    () => ({ [name]: undefined }),
  ]),
  ['another issuer', () => ({ iss: 'elsewhere' })],
  ['another audience', () => ({ aud: 'parley:upgrade' })],
  ['a list of audiences', () => ({ aud: ['parley:ws', 'others'] })],
  ['another scope', () => ({ scope: 'admin' })],
  ['scopes with a blank', () => ({ scope: 'chat admin' })],
  ['sub a number', () => ({ sub: 7 })],
  ['sid a list', () => ({ sid: [ada.id] })],
  ['sid an object', () => ({ sid: { id: ada.id } })],
]
for (const [name, claims] of badClaims) {
  test(`refused: ${name} (JWT-03)`, async () =>
    assert.equal(await house.tokens.readToken(signed(goodHeader(), { ...goodClaims(), ...claims() })), undefined))
}

test('a clock that is half a minute ahead is forgiven (JWT-04)', async () => {
  assert.ok(await house.tokens.readToken(signed(goodHeader(), { ...goodClaims(), iat: seconds() + 30, exp: seconds() + 90 })))
})

test('what is no JWT at all is refused: claims that are no object, text, nothing (JWT-06)', async () => {
  for (const claims of ['null', '[]', '7', '"x"', '{']) {
    assert.equal(await house.tokens.readToken(signed(goodHeader(), Buffer.from(claims).toString('base64url'))), undefined)
  }
  for (const text of ['', '.', '..', 'a.b', 'a.b.c.d', 'a b.c.d', `${(await house.tokens.token(ada)).token}\n`]) {
    assert.equal(await house.tokens.readToken(text), undefined)
  }
})

test('a ticket is no token, and a token is no ticket (JWT-03)', async () => {
  const { ticket } = await house.tokens.ticket(ada, 'https://chat.example')
  const { token } = await house.tokens.token(ada)
  assert.equal(await house.tokens.readToken(ticket), undefined)
  assert.equal(await house.tokens.readTicket(token), undefined)
})

test('after a rotation old tokens hold, new ones have the new key; a key thrown away refuses what it signed at once (JWT-08)', async () => {
  const own = await openHousehold()
  const login = await own.someone('ada')
  const { token: old } = await own.tokens.token(login)
  assert.ok(await own.tokens.readToken(old))
  const rotated = await own.keys.rotate('token')
  const { token } = await own.tokens.token(login)
  assert.notEqual(token.split('.')[0], old.split('.')[0])
  assert.ok(await own.tokens.readToken(old))
  assert.ok(await own.tokens.readToken(token))
  await own.keys.retire(rotated?.retiring ?? '')
  assert.equal(await own.tokens.readToken(old), undefined, 'even from the cache')
  assert.ok(await own.tokens.readToken(token))
  await own.keys.retire(rotated?.active ?? '')
  assert.equal(await own.tokens.readToken(token), undefined)
  assert.ok(await own.tokens.readToken((await own.tokens.token(login)).token))
  await own.close()
})

test('the public keys are published, those that sign next too, and nothing private (JWT-08)', () => {
  const { keys } = house.tokens.jwks()
  assert.equal(keys.length, 2)
  for (const key of keys) assert.deepEqual(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
})

test('a token that jose itself makes with another key is refused (JWT-02)', async () => {
  const jwt = await new SignJWT(goodClaims()).setProtectedHeader(goodHeader()).sign(otherKey)
  assert.equal(await house.tokens.readToken(jwt), undefined)
})

test('a token is one text: the spare bits of its last letter are not free (JWT-11)', async () => {
  const { token } = await house.tokens.token(ada)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const last of alphabet) {
    if (!token.endsWith(last)) assert.equal(await house.tokens.readToken(token.slice(0, -1) + last), undefined)
  }
})

test('of thousands of damaged tokens none is accepted and none throws (JWT-11)', async () => {
  const { token } = await house.tokens.token(ada)
  const { ticket } = await house.tokens.ticket(ada, 'https://chat.example')
  const letters = 'ABCxyz019-_.=+/ \u0000é'
  const damage = fc.record({
    at: fc.nat(),
    letter: fc.constantFrom(...letters),
    how: fc.constantFrom('replace', 'insert', 'delete', 'flip', 'cut', 'swap'),
  })
  const damaged = (text: string, { at, letter, how }: { at: number; letter: string; how: string }) => {
    const i = at % text.length
    if (how === 'insert') return text.slice(0, i) + letter + text.slice(i)
    if (how === 'delete') return text.slice(0, i) + text.slice(i + 1)
    if (how === 'cut') return text.slice(0, i)
    if (how === 'swap') return [...text.split('.')].reverse().join('.')
    const other = how === 'flip' ? String.fromCharCode((text.charCodeAt(i) ^ 1) & 0x7f) : letter
    return text.slice(0, i) + other + text.slice(i + 1)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (hits) => {
      const bad = hits.reduce(damaged, token)
      if (bad !== token) assert.equal(await house.tokens.readToken(bad), undefined)
      const worse = hits.reduce(damaged, ticket)
      if (worse !== ticket) assert.equal(await house.tokens.readTicket(worse), undefined)
    }),
    { numRuns: often(3_000) },
  )
})

import assert from 'node:assert/strict'
import { createSign } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Login } from '../../src/identity/logins.ts'
import { often } from '../gateway/chance.ts'
import { type Household, openHousehold } from './household.ts'

let house: Household
let ada: Login
before(async () => {
  house = await openHousehold()
  ada = await house.someone('ada')
})
after(() => house.close())

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** Signed with our own key: only the times, or the length, are wished for. */
function signed(claims: object, header: object = {}): string {
  const key = [...house.secrets.tokenKeys().values()].find(({ state }) => state === 'active') ?? assert.fail()
  const good = { iss: 'parley-test', aud: 'parley:ws', sub: ada.account.id, sid: ada.id, scope: 'chat', jti: 'some-id' }
  const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid: key.kid, ...header })}.${part({ ...good, ...claims })}`
  return `${text}.${createSign('sha256').update(text).sign({ key: key.private, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

/** What holds of times, written down once more: whole seconds, made before they end, made at most 30 s from now, not yet over. */
const holds = (iat: number, exp: number, now: number) => iat < exp && iat * 1000 <= now + 30_000 && exp * 1000 > now

test('whatever its times and whatever the clock says, a token holds from its making to its end and not a moment longer (JWT-04)', async () => {
  const near = fc.integer({ min: -40_000, max: 40_000 })
  await fc.assert(
    fc.asyncProperty(near, near, near, async (iatAway, expAway, msAway) => {
      const begun = house.clock.now
      const [iat, exp] = [Math.floor((begun + iatAway) / 1000), Math.floor((begun + expAway) / 1000)]
      const token = signed({ iat, exp })
      house.clock.now += msAway
      const read = await house.tokens.readToken(token)
      assert.equal(read !== undefined, holds(iat, exp, house.clock.now), JSON.stringify({ iat, exp, now: house.clock.now }))
      house.clock.now = begun
    }),
    { numRuns: often(1_000) },
  )
})

test('at the very edges: the last millisecond of a token, the first after it, thirty seconds ahead and a millisecond more (JWT-04)', async () => {
  const second = Math.floor(house.clock.now / 1000)
  const began = house.clock.now
  const at = async (now: number, iat: number, exp: number) => {
    house.clock.now = now
    const read = await house.tokens.readToken(signed({ iat, exp }))
    house.clock.now = began
    return read !== undefined
  }
  assert.equal(await at((second + 60) * 1000 - 1, second, second + 60), true)
  assert.equal(await at((second + 60) * 1000, second, second + 60), false)
  assert.equal(await at(second * 1000, second + 30, second + 60), true)
  assert.equal(await at(second * 1000 - 1, second + 30, second + 60), false)
  assert.equal(await at(second * 1000, second, second), false)
})

test('no number but a whole one of our time is a time: fractions, infinities, texts, what is too large or negative (JWT-04)', async () => {
  const second = Math.floor(house.clock.now / 1000)
  const odd = fc.oneof(
    fc.double().filter((n) => !Number.isInteger(n)),
    fc.constantFrom(1e308, -1e308, 2 ** 53, -(2 ** 53), 1e11 + 1, 0, -0, -1),
    fc.constantFrom(`${second + 60}`, '', null, true, [], [second + 60], {}),
  )
  await fc.assert(
    fc.asyncProperty(odd, fc.constantFrom('iat', 'exp', 'both'), async (value, where) => {
      const iat = where === 'exp' ? second : value
      const exp = where === 'iat' ? second + 60 : value
      assert.equal(await house.tokens.readToken(signed({ iat, exp })), undefined)
    }),
    { numRuns: often(500) },
  )
})

test('our own tokens hold for ten minutes at most, and tickets for thirty seconds (JWT-04)', async () => {
  const said = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { iat: number; exp: number }
  const token = said((await house.tokens.token(ada)).token)
  const ticket = said((await house.tokens.ticket(ada, 'https://chat.example')).ticket)
  assert.deepEqual([token.exp - token.iat, ticket.exp - ticket.iat], [600, 30])
})

test('a token of 4,096 characters is read, one of 4,097 is not, though both are good (JWT-06)', async () => {
  const second = Math.floor(house.clock.now / 1000)
  const sized = (length: number) => {
    for (let pad = 0; pad < 4_096; pad += 1) {
      const token = signed({ iat: second, exp: second + 60, more: 'x'.repeat(pad) })
      if (token.length >= length) return token.length === length ? token : undefined
      pad += Math.max(0, Math.floor(((length - token.length) * 3) / 4) - 3)
    }
    return undefined
  }
  const longest = [4_096, 4_095, 4_094].map(sized).find((token) => token !== undefined)
  const tooLong = [4_097, 4_098, 4_099].map(sized).find((token) => token !== undefined)
  assert.ok(longest && tooLong)
  assert.ok(await house.tokens.readToken(longest))
  assert.equal(await house.tokens.readToken(tooLong), undefined)
})

test('ten megabytes, and a megabyte of kid, are not looked at: no part of them is decoded (JWT-02, JWT-06)', async (t) => {
  const huge = 'a'.repeat(10_000_000)
  const kid = signed({}, { kid: 'x'.repeat(1_000_000) })
  const decoded = t.mock.method(Buffer, 'from')
  const parsed = t.mock.method(JSON, 'parse')
  for (const jwt of [`${huge}.${huge}.${huge}`, huge, kid]) {
    assert.equal(await house.tokens.readToken(jwt), undefined)
    assert.equal(await house.tokens.readTicket(jwt), undefined)
  }
  assert.deepEqual([decoded.mock.callCount(), parsed.mock.callCount()], [0, 0])
  t.mock.restoreAll()
  assert.equal(await house.tokens.readToken('a.a.a'), undefined)
})

test('encrypted tokens are not spoken: of jose only signing and checking is imported (JWT-06)', () => {
  const taken = globSync('src/**/*.{ts,tsx}', { cwd: `${import.meta.dirname}/../..`, exclude: ['src/web/dist/**'] }).flatMap((file) => {
    const text = readFileSync(`${import.meta.dirname}/../../${file}`, 'utf8')
    return [...text.matchAll(/import\s+([^;]*?)\s+from 'jose[^']*'|(?:import|require)\('(jose[^']*)'\)/g)].map(
      ([, names, whole]) => names ?? whole,
    )
  })
  assert.deepEqual(taken, ['{ jwtVerify, SignJWT }'])
})

test('a token inside another, an encrypted one, and JSON in the place of letters are refused (JWT-06)', async () => {
  const second = Math.floor(house.clock.now / 1000)
  const good = signed({ iat: second, exp: second + 60 })
  const [head = '', body = '', signature = ''] = good.split('.')
  const json = JSON.stringify({ protected: head, payload: body, signature })
  const five = `${part({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31, zip: 'DEF' })}.${body}.${body}.${body}.${signature}`
  for (const jwt of [json, five, `${five}.${five}`, part(good), `${head}.${part(good)}.${signature}`, `${good}~`, `Bearer ${good}`])
    assert.equal(await house.tokens.readToken(jwt), undefined, jwt.slice(0, 60))
  assert.ok(await house.tokens.readToken(good))
})

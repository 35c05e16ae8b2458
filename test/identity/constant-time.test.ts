import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sign } from 'cookie-signature'
import type { Request } from 'express'
import { checkCsrf } from '../../src/http/same-site.ts'
import { readSessionId } from '../../src/identity/cookie.ts'
import { createDevices } from '../../src/identity/devices.ts'
import { createPasswords } from '../../src/identity/passwords.ts'
import { cookieName } from '../../src/protocol/limits.ts'
import { password } from './household.ts'

const root = resolve(import.meta.dirname, '../..')
const rooms = 'src/{identity,http,gateway,chat,bus,ops,tls,config}/**/*.ts'
const secretive =
  /(?:secret|token|csrf|password|proof|signature|mac|tag|hash|digest|ticket|bearer|jwt|cookie|(?<!err)code|mark|sid|sealed|plain|pepper|salt|key)s?$/i

/** Comparisons that look like one of a secret and are none, with the reason. */
const harmless: Record<string, string> = {
  'src/config/env-layer.ts: key === found.key': 'the name of a setting',
  'src/config/read.ts: other.key === key': 'the name of a setting',
  'src/ops/cli/secret-input.ts: key === keys.interrupt': 'a key on the keyboard',
  'src/ops/cli/secret-input.ts: key === keys.end': 'a key on the keyboard',
  'src/ops/cli/secret-input.ts: key === keys.clear': 'a key on the keyboard',
  'src/gateway/admission.ts: claims.sid !== login.id': 'login handles, which lists show, out of a ticket whose signature was good',
  'src/gateway/handlers.ts: claims.sid !== from.login.login.id': 'the same, out of a token',
  'src/identity/audit-chain.ts: row.hash !== hashOfRow(row)': 'hashes that every export shows',
  'src/identity/audit-chain.ts: row.prev !== last.hash': 'hashes that every export shows',
  'src/identity/audit-chain.ts: head.hash !== last.hash': 'hashes that every export shows',
  'src/identity/logins.ts: owner.password === given.proof': 'both come out of the store: has it changed while it was being proved?',
  "src/identity/tokens.ts: 'base64url') === signature": 'a text with itself, written the one right way',
}

/** Every `===` of something that is called like a secret with something that is no literal. */
function suspicious(file: string, text: string): string[] {
  return [...text.matchAll(/(typeof )?([\w.?!')]+)\s*[!=]==?\s*([\w.?]+(?:\(\w*\))?|['"`])/g)].flatMap(
    ([all, type, left = '', right = '']) => {
      if (type || /^(?:undefined|null|true|false|\d+|['"`])/.test(right)) return []
      const isSecretive = [left, right].some((side) => secretive.test(side.replace(/[?!]/g, '')))
      return isSecretive ? [`${file}: ${all.replace(/^.*\((?=')/, '').replace(/\s+/g, ' ')}`] : []
    },
  )
}

test('nothing that looks like a secret is compared letter by letter, where time would tell how far it was right (JWT-09)', () => {
  const found = globSync(rooms, { cwd: root }).flatMap((file) => suspicious(file, readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(found.sort(), Object.keys(harmless).sort())
})

test('and whoever does it all the same is found (JWT-09)', () => {
  for (const line of [
    'if (given === expectedToken) return',
    'csrf !== req.session.csrf',
    'a.mac == b.mac',
    'return hash===row.hash',
    'x === this.secret',
  ])
    assert.equal(suspicious('x.ts', line).length, 1, line)
  for (const line of ["code === 'ENOENT'", 'token === undefined', "typeof secret === 'string'", 'hash.length === 3', 'a === b'])
    assert.equal(suspicious('x.ts', line).length, 0, line)
})

/** What is compared in constant time while `work` runs. */
async function comparedBy(t: TestContext, work: () => unknown): Promise<number> {
  const spy = t.mock.method(crypto, 'timingSafeEqual')
  syncBuiltinESMExports()
  try {
    await work()
    return spy.mock.callCount()
  } finally {
    spy.mock.restore()
    syncBuiltinESMExports()
  }
}

test('the token of the page, signatures of cookies and devices, and passwords are compared in constant time (JWT-09)', async (t) => {
  const passwords = createPasswords({ atOnce: () => 1, queue: () => 1 })
  const stored = await passwords.hash(password, 'ada')
  const devices = createDevices({ cookieSecrets: ['a secret'], now: () => 0 })
  const ada = { id: 'ada', password: stored }
  const mark = devices.mark(ada)
  const cookie = `${cookieName}=${encodeURIComponent(`s:${sign('sid', 'a secret')}`)}`
  const wrong = '0123456789abcdefghijkl'
  assert.equal(await comparedBy(t, () => passwords.verify(password, stored)), 1)
  assert.equal(await comparedBy(t, () => passwords.verify(password, null)), 1)
  assert.ok((await comparedBy(t, () => devices.read(mark, ada))) >= 1)
  assert.ok((await comparedBy(t, () => readSessionId(cookie, ['another secret', 'a secret']))) >= 2)
  const asked = { headers: {} } as Request
  assert.equal(await comparedBy(t, () => assert.throws(() => checkCsrf(asked, 'abcdefghijkl0123456789', wrong))), 1)
})

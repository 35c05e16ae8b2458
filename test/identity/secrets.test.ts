import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { createSeal, openMasterKey, WrongMasterKey } from '../../src/identity/master-key.ts'
import { openSecrets } from '../../src/identity/secrets.ts'
import { type Household, masterKey, openHousehold } from './household.ts'

let folder: string
let house: Household
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-key-'))
  house = await openHousehold()
})
after(async () => {
  await house.close()
  await rm(folder, { recursive: true })
})

test('without a master key one is made, for its owner alone, and found again', async () => {
  const file = join(folder, 'master.key')
  const made = openMasterKey({ file })
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.equal(Buffer.from(await readFile(file, 'utf8'), 'base64').length, 32)
  assert.ok(openMasterKey({ file }).equals(made))
  const given = Buffer.alloc(32, 1).toString('base64')
  assert.ok(openMasterKey({ file, given }).equals(createSecretKey(Buffer.alloc(32, 1))), 'a given one comes first')
})

test('a key that others may read, or that is no key, is refused with the reason (CFG-02)', async () => {
  const file = join(folder, 'shared.key')
  await writeFile(file, Buffer.alloc(32).toString('base64'))
  await chmod(file, 0o644)
  assert.throws(() => openMasterKey({ file }), /chmod 600/)
  for (const given of ['', 'short', Buffer.alloc(31).toString('base64'), Buffer.alloc(33).toString('base64'), '*'.repeat(44)]) {
    assert.throws(() => openMasterKey({ file, given }), /32 bytes/)
  }
})

test('what is sealed opens with the same key for the same purpose, and in no other way', () => {
  const seal = createSeal(masterKey)
  const sealed = seal.seal('a', Buffer.from('secret'))
  assert.equal(seal.open('a', sealed).toString(), 'secret')
  assert.notEqual(sealed, seal.seal('a', Buffer.from('secret')))
  assert.throws(() => seal.open('b', sealed), WrongMasterKey)
  assert.throws(() => createSeal(createSecretKey(Buffer.alloc(32, 8))).open('a', sealed), WrongMasterKey)
  const bytes = Buffer.from(sealed, 'base64url')
  for (let i = 0; i < bytes.length; i += 1) {
    const bad = Buffer.from(bytes)
    bad[i] = (bad[i] ?? 0) ^ 1
    assert.throws(() => seal.open('a', bad.toString('base64url')), WrongMasterKey)
    assert.throws(() => seal.open('a', bytes.subarray(0, i).toString('base64url')), WrongMasterKey)
  }
})

test('another master key than the one the store was made with does not start, and says so (CFG-01)', async () => {
  const wrong = openSecrets({ db: house.db, now: house.now, masterKey: createSecretKey(Buffer.alloc(32, 9)) })
  await assert.rejects(wrong, (error: Error) => error instanceof WrongMasterKey && /master key/.test(error.message))
})

test('secrets are made once, found again, and are nowhere in the store as they are', async () => {
  const again = await openSecrets({ db: house.db, now: house.now, masterKey })
  assert.deepEqual(again.cookieSecrets, house.secrets.cookieSecrets)
  assert.deepEqual([...again.tokenKeys().keys()], [...house.secrets.tokenKeys().keys()])
  const stored = JSON.stringify(await house.db.selectFrom('secret').selectAll().execute())
  for (const secret of house.secrets.cookieSecrets) assert.ok(!stored.includes(secret))
})

test('two who open an empty store at once end with the same secrets', async () => {
  const own = await openHousehold()
  await own.db.deleteFrom('secret').execute()
  const both = await Promise.all([1, 2].map(() => openSecrets({ db: own.db, now: own.now, masterKey })))
  assert.deepEqual(both[0]?.cookieSecrets, both[1]?.cookieSecrets)
  assert.equal((await own.db.selectFrom('secret').select('id').execute()).length, 4)
  await own.close()
})

test('a rotation changes the list of cookie secrets in place: the next signs, the old one is still known (SES-14)', async () => {
  const own = await openHousehold()
  const list = own.secrets.cookieSecrets
  const [first, next] = list
  await own.keys.rotate('cookie')
  assert.equal(own.secrets.cookieSecrets, list)
  assert.equal(list[0], next)
  assert.equal(list[2], first)
  assert.deepEqual(
    own.secrets
      .list()
      .filter(({ kind }) => kind === 'cookie')
      .map(({ state }) => state),
    ['active', 'next', 'retiring'],
  )
  const elsewhere = await openSecrets({ db: own.db, now: own.now, masterKey })
  for (const id of own.secrets.cookieKids().slice(0, 3)) await own.keys.retire(id)
  assert.ok(!list.includes(first ?? '') && !list.includes(next ?? ''))
  await elsewhere.reload()
  assert.deepEqual(elsewhere.cookieSecrets, list)
  await own.close()
})

test('nobody chooses a secret: those of a store are 256 random bits each, and no two stores have one in common (JWT-07)', async () => {
  const own = await openHousehold()
  for (let i = 0; i < 20; i += 1) await own.keys.rotate('cookie')
  const secrets = [...own.secrets.cookieSecrets, ...house.secrets.cookieSecrets]
  assert.equal(new Set(secrets).size, secrets.length)
  for (const secret of secrets) assert.equal(Buffer.from(secret, 'base64url').length, 32)
  const bits = Buffer.concat(secrets.map((secret) => Buffer.from(secret, 'base64url')))
  const ones = bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  const deviation = Math.sqrt(bits.length * 8) / 2
  assert.ok(Math.abs(ones - bits.length * 4) < 6 * deviation, `${ones} of ${bits.length * 8} bits`)
  await own.close()
})

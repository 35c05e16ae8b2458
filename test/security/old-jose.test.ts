import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { startHouse } from '../support/house.ts'
import { oldVersion } from './old-versions.ts'

/** The two calls of jose 4 that a bomb needs; a type of our own, since ours has them no more. */
interface OldJose {
  CompactEncrypt: new (plain: Uint8Array) => { setProtectedHeader(header: object): { encrypt(key: KeyObject): Promise<string> } }
  compactDecrypt(token: string, key: KeyObject): Promise<{ plaintext: Uint8Array }>
  importJWK(jwk: object, alg: string): Promise<KeyObject>
}

const MiB = 2 ** 20
const bomb = Buffer.alloc(2 * MiB, 'a')
const header = { alg: 'ECDH-ES', enc: 'A256GCM', zip: 'DEF', typ: 'at+jwt' }

test('an encrypted token of a few KiB that unpacks to 2 MiB is unpacked by jose 4.15.4, and is no token for Parley (JWT-06)', async (t) => {
  const jose = createRequire(import.meta.url)(oldVersion('jose@4.15.4')) as OldJose
  const pack = (key: KeyObject, kid = 'x') => new jose.CompactEncrypt(bomb).setProtectedHeader({ ...header, kid }).encrypt(key)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const theirs = await pack(publicKey)
  assert.ok(theirs.length < 4096, `${theirs.length}`)
  const opened = await jose.compactDecrypt(theirs, createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })))
  assert.equal(opened.plaintext.length, bomb.length)

  const house = await startHouse()
  t.after(() => house.close())
  const { tokens } = house.service.house
  // Parley's own public key is all that it takes to make one for Parley.
  const [key] = tokens.jwks().keys as { kid: string }[]
  assert.ok(key)
  const here = await pack(await jose.importJWK(key, 'ECDH-ES'), key.kid)
  const external = process.memoryUsage().external
  assert.equal(await tokens.readToken(here), undefined)
  assert.equal(await tokens.readTicket(here), undefined)
  assert.ok(process.memoryUsage().external - external < MiB)
})

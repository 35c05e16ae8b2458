import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { describeConfig, readConfig } from '../../src/config.ts'
import { faultsOf, operator } from './folder.ts'

const placeOf = (t: Parameters<typeof operator>[0], url: string) => {
  const { store } = readConfig({ root: operator(t), env: { PARLEY__STORE__URL: url } }).config
  return store.kind === 'postgres' ? store.place : undefined
}
const wrongWith = (t: Parameters<typeof operator>[0], url: string) => faultsOf(operator(t), { PARLEY__STORE__URL: url }).join()

test('a database on this machine is spoken to as it is, one elsewhere only with TLS that knows whom it speaks to (TLS-08)', (t) => {
  const at = { user: 'parley', database: 'chat', port: 5432 }
  assert.deepEqual(placeOf(t, 'postgres://parley@localhost/chat'), { ...at, host: 'localhost' })
  assert.deepEqual(placeOf(t, 'postgresql://parley:p%40ss%2F@[::1]:5433/chat'), { ...at, host: '::1', port: 5433, password: 'p@ss/' })
  assert.deepEqual(placeOf(t, 'postgres://parley@localhost/chat?host=/run/postgresql'), { ...at, host: '/run/postgresql' })
  assert.deepEqual(placeOf(t, 'postgres://parley@db.example/chat'), { ...at, host: 'db.example', tls: {} })
  assert.deepEqual(placeOf(t, 'postgres://parley@db.example/chat?sslmode=verify-full&sslrootcert=/etc/ca.pem'), {
    ...at,
    host: 'db.example',
    tls: { caFile: '/etc/ca.pem' },
  })
  assert.deepEqual(placeOf(t, 'postgres://parley@127.0.0.1/chat?sslmode=verify-full'), { ...at, host: '127.0.0.1', tls: {} })
  for (const mode of ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'no-verify'])
    assert.match(wrongWith(t, `postgres://parley@db.example/chat?sslmode=${mode}`), /store\.url — must say sslmode=verify-full/, mode)
  assert.match(wrongWith(t, 'postgres://parley@localhost/chat?sslmode=require'), /takes sslmode=disable or sslmode=verify-full/)
})

test('what is wrong with the address of a database is said without a piece of it, which may be the password', (t) => {
  const wrong: [url: string, words: RegExp][] = [
    ['postgres://hunter2/chat', /names no user/],
    ['postgres://parley:hunter2@db.example', /names no database/],
    ['postgres://parley:hunter2@/chat', /is not an address|names no host/],
    ['postgres://parley:hunter2@db.example/chat?password=hunter2', /may say host, sslmode, sslrootcert/],
    ['postgres://parley:hunter2%@db.example/chat', /no %XX/],
    ['postgres:hunter2', /names no user/],
    ['postgres://parley:hunter2@db.example:port/chat', /is not an address/],
  ]
  for (const [url, words] of wrong) {
    const said = wrongWith(t, url)
    assert.match(said, words, url)
    assert.doesNotMatch(said, /hunter2/, url)
  }
})

test('the password of a database is in no output, also not one with signs that belong elsewhere; it may lie in a file', (t) => {
  const root = operator(t)
  writeFileSync(join(root, 'database'), 'postgres://parley:hunter2@db.example/chat\n', { mode: 0o600 })
  const reading = readConfig({ root, env: { PARLEY__STORE__URL_FILE: join(root, 'database') } })
  assert.ok(reading.config.store.kind === 'postgres' && reading.config.store.place.password === 'hunter2')
  const shown = describeConfig(reading).find(({ key }) => key === 'store.url')?.value
  assert.equal(shown, 'postgres://********@db.example/chat')
  const odd = readConfig({ root: operator(t), env: { PARLEY__STORE__URL: 'postgres://parley:a@hunter2@db.example/chat' } })
  assert.doesNotMatch(JSON.stringify(describeConfig(odd)), /hunter2/)
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Store } from 'express-session'
import { type House, openHouse, password } from './house.ts'

class FailingStore extends Store {
  override get(_sid: string, done: (error: unknown) => void): void {
    done(new Error('the disk is gone'))
  }
  override set(_sid: string, _session: unknown, done?: (error?: unknown) => void): void {
    done?.(new Error('the disk is gone'))
  }
  override destroy(_sid: string, done?: (error?: unknown) => void): void {
    done?.(new Error('the disk is gone'))
  }
}

let house: House
let deaf: House
before(async () => {
  house = await openHouse({ change: (deps) => ({ ...deps, webSessions: { store: new FailingStore() } }) })
  deaf = await openHouse()
})
after(() => Promise.all([house.close(), deaf.close()]))

/** A cookie that is signed as it should be, so that the store is asked. */
async function withCookie(of: House, from: House) {
  const ada = await from.guest('ada')
  const visitor = of.visitor()
  const { sign } = await import('cookie-signature')
  const sid =
    decodeURIComponent(ada.cookies.get('__Host-Http-parley') ?? '')
      .slice(2)
      .split('.')[0] ?? ''
  visitor.cookies.set('__Host-Http-parley', encodeURIComponent(`s:${sign(sid, of.secrets.cookieSecrets[0] ?? '')}`))
  return visitor
}

test('when sessions cannot be read nobody is taken for nobody: 503, and public pages go on (SES-13)', async () => {
  const visitor = await withCookie(house, deaf)
  for (const path of ['/api/v1/session', '/api/v1/rooms', '/api/v1/logins', '/', '/r/abc']) {
    const { status, headers, json } = await visitor.get(path)
    assert.equal(status, 503, path)
    assert.ok(Number(headers['retry-after']) > 0)
    assert.equal(json.code, 'unavailable')
  }
  assert.equal((await visitor.post('/api/v1/ticket')).status, 503)
  for (const path of ['/login', '/setup', '/livez', '/mark.svg', '/.well-known/jwks.json'])
    assert.equal((await visitor.get(path)).status, 200, path)
  assert.ok(house.events().some(({ event, level }) => event === 'sys_unavailable' && level === 'error'))
})

test('nobody is told to be signed in when the session could not be written (SES-13)', async () => {
  await house.accounts.add({ name: 'bob', password, role: 'member' })
  const answer = await house.visitor().signIn('bob', password)
  assert.equal(answer.status, 503)
  assert.equal(answer.json.account, undefined)
  assert.deepEqual(await house.logins.list((await house.accounts.find('bob'))?.id ?? ''), [], 'and no login is left that nobody holds')
})

test('a store that says it is disconnected is a failing store, not an empty one (SES-13)', async () => {
  const ada = await deaf.guest('ada')
  deaf.webSessions.store.emit('disconnect')
  assert.equal((await ada.get('/api/v1/session')).status, 503)
  assert.equal((await ada.get('/login')).status, 200)
  deaf.webSessions.store.emit('connect')
  assert.equal((await ada.get('/api/v1/session')).status, 200)
})

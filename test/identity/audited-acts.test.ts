import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { day, type Household, hour, openHousehold, password, refusal } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

const all = () => house.audit.page({ limit: 10_000 })
const events = async () => (await all()).map(({ event }) => event)

test('each act leaves one record of itself, and one of each login that it ends', async () => {
  const { accounts, keys, logins } = house
  const root = await accounts.add({ name: 'root', role: 'admin' })
  const ada = await accounts.add({ name: 'ada', role: 'admin', password })
  const { proof } = await house.signIn.signIn({ name: 'ada', password, address: '::1' })
  const begin = () => logins.begin({ account: ada.id, credential: 'cookie', label: '', address: '::1', proof })
  const tells = async (act: () => Promise<unknown>) => {
    const before = (await all()).length
    await act()
    return (await all())
      .slice(before)
      .map(({ event, extra }) => [event, (extra as { why?: string } | undefined)?.why].filter(Boolean).join(' '))
  }
  let login = await begin()
  assert.deepEqual(await tells(begin), ['authn_login_success'])
  assert.deepEqual(await tells(() => logins.end({ account: ada.id, except: login.id }, 'ended')), ['session_terminated ended'])
  assert.deepEqual(await tells(() => logins.end({ ids: [login.id] }, 'signed_out')), ['session_terminated signed_out'])
  assert.deepEqual(await tells(() => logins.end({ ids: [login.id] }, 'signed_out')), [], 'it had ended already')
  await begin()
  const lowered = await tells(() => accounts.setRole(ada.id, 'member'))
  assert.deepEqual(lowered, ['privilege_permissions_changed', 'session_terminated role_lowered'])
  login = await begin()
  house.clock.now += 12 * hour
  assert.deepEqual(await tells(() => logins.check([login.id])), ['session_expired idle'])
  assert.deepEqual(await tells(() => accounts.disable(ada.id)), ['user_disabled'])
  assert.deepEqual(await tells(() => accounts.enable(ada.id)), ['user_enabled'])
  assert.deepEqual(await tells(() => keys.rotate('cookie')), ['key_rotated'])
  assert.deepEqual(await tells(() => keys.retire(house.secrets.cookieKids()[0] ?? '')), ['key_retired'])
  house.clock.now += hour
  assert.deepEqual(await tells(() => keys.sweep()), ['key_dropped'])
  const invite = () => house.invites.create({ by: root.id, uses: 1, expiresAt: house.now() + hour })
  assert.deepEqual(await tells(invite), ['invite_created'])
  const { code } = await invite()
  assert.deepEqual(await tells(() => house.invites.accept(code, { name: 'bob', password })), ['invite_used', 'user_created'])
  const refused = () => assert.rejects(accounts.add({ name: 'bob', role: 'member' }), refusal('name_taken'))
  assert.deepEqual(await tells(refused), [], 'what was refused has not happened')
})

/** The act that is tried, and what must be as it was before. */
const acts: [string, (house: Household) => Promise<{ act: () => Promise<unknown>; still: () => Promise<unknown> }>][] = [
  [
    'a sign-in',
    async ({ accounts, signIn, logins }) => {
      const ada = await accounts.add({ name: 'ada', role: 'member', password })
      const act = async () => {
        const { account, proof } = await signIn.signIn({ name: 'ada', password, address: '::1' })
        await logins.begin({ account: account.id, credential: 'cookie', label: '', address: '::1', proof })
      }
      return { act, still: () => logins.list(ada.id) }
    },
  ],
  [
    'a sign-out',
    async ({ someone, logins, told }) => {
      const ada = await someone('ada')
      return { act: () => logins.end({ ids: [ada.id] }, 'signed_out'), still: async () => [await logins.find(ada.id), told] }
    },
  ],
  ['a new account', async ({ accounts }) => ({ act: () => accounts.add({ name: 'eve', role: 'admin' }), still: accounts.list })],
  [
    'a new password',
    async ({ accounts, db }) => {
      const { id } = await accounts.add({ name: 'ada', role: 'member', password })
      return { act: () => accounts.setPassword(id, 'another long sentence'), still: () => db.selectFrom('account').selectAll().execute() }
    },
  ],
  [
    'a higher role',
    async ({ accounts }) => {
      const { id } = await accounts.add({ name: 'ada', role: 'member' })
      return { act: () => accounts.setRole(id, 'admin'), still: accounts.list }
    },
  ],
  [
    'a disabling',
    async ({ accounts }) => {
      const { id } = await accounts.add({ name: 'ada', role: 'member' })
      return { act: () => accounts.disable(id), still: accounts.list }
    },
  ],
  [
    'an enabling',
    async ({ accounts }) => {
      const { id } = await accounts.add({ name: 'ada', role: 'member' })
      await accounts.disable(id)
      return { act: () => accounts.enable(id), still: accounts.list }
    },
  ],
  [
    'an invitation',
    async ({ invites, db, now }) => ({
      act: () => invites.create({ by: 'parley', uses: 1, expiresAt: now() + hour }),
      still: () => db.selectFrom('invite').selectAll().execute(),
    }),
  ],
  [
    'the use of a set-up link',
    async ({ invites, db }) => {
      const { code = '' } = (await invites.setup()) ?? {}
      const still = async () => [await db.selectFrom('invite').selectAll().execute(), await db.selectFrom('account').selectAll().execute()]
      return { act: () => invites.acceptSetup(code, { name: 'ada', password }), still }
    },
  ],
  [
    'a token',
    async ({ someone, tokens, db, now }) => {
      const gull = await someone('gull', 'token')
      return { act: () => tokens.token(gull, { expiresAt: now() + day }), still: () => db.selectFrom('secret').selectAll().execute() }
    },
  ],
  ['a rotation', async ({ keys, db }) => ({ act: () => keys.rotate('token'), still: () => db.selectFrom('secret').selectAll().execute() })],
  [
    'the end of a key',
    async ({ keys, secrets }) => ({ act: () => keys.retire(secrets.cookieKids()[0] ?? ''), still: async () => [...secrets.cookieSecrets] }),
  ],
]
for (const [what, prepare] of acts) {
  test(`${what} that cannot be recorded does not happen, and then does when it can`, async () => {
    const { act, still } = await prepare(house)
    const trigger = "create trigger full before insert on audit begin select raise(abort, 'the disk is full of holes'); end"
    const db = new DatabaseSync(join(house.folder, 'parley.db'), { timeout: 5_000 })
    const before = await still()
    db.exec(trigger)
    await assert.rejects(act(), /full of holes/)
    assert.deepEqual(await still(), before)
    db.exec('drop trigger full')
    db.close()
    await act()
    assert.notDeepEqual(await still(), before)
    assert.ok((await house.audit.verify()).ok)
  })
}

test('no secret is ever in it: not a password, not a token, not a cookie, not a code of a link, not a name that nobody has (LOG-02)', async () => {
  const canary = 'a canary that nobody may hear'
  const { code: setup = '' } = (await house.invites.setup()) ?? {}
  const ada = await house.invites.acceptSetup(setup, { name: 'ada', password: canary })
  const { code } = await house.invites.create({ by: ada.id, uses: 2, expiresAt: house.now() + hour })
  await house.invites.accept(code, { name: 'bob', password: canary })
  const login = await house.someone('ada')
  const { token } = await house.tokens.token(login)
  const { ticket } = await house.tokens.ticket(login, 'https://chat.example')
  for (const name of [canary, 'ada']) {
    await assert.rejects(house.signIn.signIn({ name, password: `${canary}!`, address: '::1' }), refusal('signed_out'))
  }
  await house.signIn.changePassword({ name: 'ada', password: canary, next: `${canary} 2`, address: '::1', login: login.id })
  await house.keys.rotate('cookie')
  await house.keys.rotate('token')
  await house.tally.close()
  const secrets = [canary, setup, code, token, token.split('.')[2] ?? '', ticket, ...house.secrets.cookieSecrets]
  const { value: seal } = await house.db.selectFrom('meta').select('value').where('name', '=', 'audit').executeTakeFirstOrThrow()
  const text = JSON.stringify(await all()) + seal
  assert.ok(text.length > 2_000)
  for (const secret of secrets) assert.ok(!text.includes(secret), secret)
  for (const event of ['setup_link_used', 'invite_used', 'authn_password_change', 'key_rotated'])
    assert.ok((await events()).includes(event as never), event)
})

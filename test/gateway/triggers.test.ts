import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { Guest } from '../support/guest.ts'
import { certificate, startHouse, type TestHouse } from '../support/house.ts'

const password = 'a long enough sentence'
let house: TestHouse
let named = 0

before(async () => {
  const limits = { HTTPREQUESTSPERSECONDPERADDRESS: '100000', SIGNINSPERMINUTEPERADDRESS: '100000' }
  house = await startHouse({
    settings: Object.fromEntries(Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])),
  })
  await house.service.house.accounts.add({ name: 'root', password, role: 'admin' })
})
after(() => house.close())

/** Somebody signed in from a browser: with the page's connection, and a program's that uses a token of the same login. */
interface Device {
  visitor: Visitor
  login: string
  page: Guest
  program: Guest
}

async function device(name: string): Promise<Device> {
  const { port } = house.service
  const visitor = new Visitor({ port, ca: certificate().cert, origin: house.url })
  const { json } = await visitor.signIn(name, password)
  const ticket = (await visitor.post('/api/v1/ticket')).json.ticket as string
  const token = (await visitor.post('/api/v1/token')).json.token as string
  const url = `wss://localhost:${port}/ws`
  const headers = { cookie: visitor.cookieHeader ?? '', origin: house.url }
  const page = new Guest(url, { ca: certificate().cert, headers, protocols: ['parley.v1', `parley.ticket.${ticket}`] })
  const program = new Guest(url, { ca: certificate().cert, token })
  await Promise.all([page.hears('welcome'), program.hears('welcome')])
  return { visitor, login: json.login.id, page, program }
}

/** What ends which of two devices, and the code that is heard there. `first` is the one that acts. */
const triggers: {
  what: string
  act: (first: Device, second: Device, account: string) => Promise<unknown>
  ends: 'first' | 'second' | 'both'
  code: number
}[] = [
  { what: 'signing out', act: ({ visitor }) => visitor.post('/api/v1/logout'), ends: 'first', code: 4300 },
  { what: 'ending one sign-in', act: ({ visitor }, { login }) => visitor.delete(`/api/v1/logins/${login}`), ends: 'second', code: 4301 },
  { what: 'ending all other sign-ins', act: ({ visitor }) => visitor.delete('/api/v1/logins'), ends: 'second', code: 4301 },
  {
    what: 'changing the password',
    act: ({ visitor }) => visitor.post('/api/v1/password', { current: password, next: `${password}, and another` }),
    ends: 'second',
    code: 4301,
  },
  { what: 'disabling the account', act: (_, __, account) => house.service.house.accounts.disable(account), ends: 'both', code: 4302 },
  { what: 'lowering the role', act: (_, __, account) => house.service.house.accounts.setRole(account, 'member'), ends: 'both', code: 4301 },
  {
    what: 'a new password by the operator',
    act: (_, __, account) => house.service.house.accounts.setPassword(account, `${password}!`),
    ends: 'both',
    code: 4301,
  },
]

for (const { what, act, ends, code } of triggers) {
  test(`${what} ends the right connections, by cookie and by token, with ${code}, and no others (REV-01, AUT-11)`, async () => {
    const account = await house.service.house.accounts.add({ name: `ada${++named}`, password, role: 'admin' })
    const [first, second] = [await device(account.name), await device(account.name)]
    await act(first, second, account.id)
    for (const [one, name] of [
      [first, 'first'],
      [second, 'second'],
    ] as const) {
      if (ends === 'both' || ends === name) {
        for (const guest of [one.page, one.program]) assert.equal((await guest.ended()).code, code, name)
        assert.equal((await one.visitor.get('/api/v1/session')).status, 401)
      } else {
        for (const guest of [one.page, one.program]) assert.equal((await guest.ask('ping')).type, 'ok', name)
        assert.equal((await one.visitor.get('/api/v1/session')).status, 200)
      }
      one.page.ws.terminate()
      one.program.ws.terminate()
      one.visitor.close()
    }
  })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { Checker } from '../../src/check/checker.ts'
import { Listener } from '../../src/check/listener.ts'
import { roomy } from '../bench/seed.ts'
import { Figures } from '../ops/figures.ts'
import { certificate, startHouse } from '../support/house.ts'

/** The rest of this turn, and what comes in it. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

test('whose login has ended, and is to end, is turned away once and asks no more', async (t) => {
  const house = await startHouse({ settings: roomy })
  t.after(() => house.close())
  const [ada, bob] = await house.people('ada', 'bob')
  const doomed = await house.login(ada.account)
  const target = {
    host: '127.0.0.1',
    port: house.service.port,
    servername: 'localhost',
    secureContext: createSecureContext({ ca: certificate().cert }),
  }
  const common = { patience: 20_000, quiet: 20_000, rooms: 1, window: 2 }
  const checker = new Checker({ ...common, targets: [target], tokens: [ada.token, bob.token], doomed: [doomed.token], random: () => 0 })
  await checker.start()
  const isThere = () => house.service.gateway.connectionsOf([doomed.login.id]).get(doomed.login.id)?.length === 2
  while (!isThere()) await turn()
  await house.service.house.logins.end({ ids: [doomed.login.id] }, 'ended')
  checker.ended(doomed.login.id)

  // Somebody who does not know that it is over tries, far less often than those who talk and listen here.
  let dials = 0
  const counting = () => {
    dials += 1
    return target
  }
  const stranger = { token: doomed.token, target: counting, rooms: [], steady: false, opened: () => undefined }
  const stubborn = new Listener({ ...stranger, patience: common.patience, random: () => 0.99 })
  while (dials < 6) await turn()
  await stubborn.stop()
  const refused = new Figures(await house.service.metrics()).get('parley_upgrades_refused_total', { status: '401' })
  const { verdicts } = await checker.finish()
  assert.ok(refused <= dials + 2, `${refused - dials} times in vain`)
  assert.deepEqual(verdicts, [])
})

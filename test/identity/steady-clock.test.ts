import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSteadyClock } from '../../src/identity/steady-clock.ts'
import { day, hour, openHousehold } from './household.ts'

const minute = 60_000

/** A machine whose clock somebody sets, and which may sleep. */
function createMachine(uptime = 400_000) {
  const time = { wall: Date.UTC(2026, 10, 20), monotonic: 5_000, uptime }
  const clock = createSteadyClock({ wall: () => time.wall, monotonic: () => time.monotonic, uptime: () => time.uptime })
  const began = time.wall
  return {
    ...clock,
    /** ms since the clock was made, as it tells it. */
    shown: () => clock.now() - began,
    pass(ms: number): void {
      time.wall += ms
      time.monotonic += ms
      time.uptime += ms
      clock.now()
    },
    set(by: number): void {
      time.wall += by
    },
    sleep(ms: number): void {
      time.wall += ms
      time.uptime += ms
    },
  }
}

test('time passes as it does, and small corrections of the machine’s clock are followed', () => {
  const machine = createMachine()
  machine.pass(hour)
  assert.equal(machine.shown(), hour)
  machine.set(500)
  machine.pass(minute)
  assert.equal(machine.shown(), hour + minute + 500)
  machine.set(-500)
  machine.pass(minute)
  assert.equal(machine.shown(), hour + 2 * minute)
})

for (const jump of [2 * day, -2 * day, 400 * day, -400 * day]) {
  test(`a clock that is set by ${jump / day} days is followed by a hundredth, and time never goes back (SES-16)`, () => {
    const machine = createMachine()
    machine.pass(hour)
    machine.set(jump)
    assert.equal(machine.shown(), hour)
    assert.ok(Math.abs(machine.ahead() - jump) < 1)
    let before = machine.shown()
    for (let i = 0; i < 100; i += 1) {
      machine.pass(minute)
      assert.ok(machine.shown() > before)
      before = machine.shown()
    }
    assert.ok(Math.abs(before - hour - 100 * minute) <= minute)
    machine.set(-jump)
    machine.pass(100 * minute)
    assert.ok(Math.abs(machine.shown() - hour - 200 * minute) <= 1, 'and it is right again when the clock is')
  })
}

test('a machine that slept has slept: that time has passed (SES-07)', () => {
  const machine = createMachine()
  machine.pass(hour)
  machine.sleep(13 * hour)
  machine.pass(2_000)
  assert.equal(machine.shown(), 14 * hour + 2_000)
  machine.set(day)
  machine.pass(minute)
  assert.ok(machine.shown() < 14 * hour + 2 * minute, 'and is not taken for an excuse afterwards')
})

test('a machine that learns the time soon after it has started is believed', () => {
  const machine = createMachine()
  machine.set(30 * day)
  machine.pass(minute)
  assert.equal(machine.shown(), 30 * day + minute)
})

test('a server that starts on a machine which has long been up believes no jump: nobody is signed out by one (SES-16)', () => {
  const machine = createMachine(day)
  machine.set(2 * day)
  machine.pass(minute)
  assert.ok(machine.shown() < 2 * minute)
  machine.set(-2 * day)
  machine.pass(minute)
  assert.ok(machine.shown() <= 2 * minute + 1)
})

test('when the clock jumps two days ahead nobody is signed out, and idle and absolute limits hold as before (SES-16)', async () => {
  const machine = createMachine()
  const house = await openHousehold({ now: machine.now })
  machine.pass(hour)
  const [ada, bob] = [await house.someone('ada'), await house.someone('bob')]
  const { token } = await house.tokens.token(ada)
  machine.set(2 * day)
  machine.pass(9 * minute)
  await house.logins.sweep()
  assert.ok(await house.logins.find(ada.id))
  assert.ok(await house.tokens.readToken(token))
  machine.pass(11 * hour)
  await house.logins.touch([ada.id], machine.now())
  machine.pass(hour)
  assert.ok(await house.logins.find(ada.id))
  assert.equal(await house.logins.find(bob.id), undefined, 'twelve hours without anything')
  await house.close()
})

test('when the clock is set two days back no login and no token lives longer (SES-16, JWT-04)', async () => {
  const machine = createMachine()
  const house = await openHousehold({ now: machine.now })
  machine.pass(hour)
  const [ada, bob] = [await house.someone('ada'), await house.someone('bob')]
  const { token } = await house.tokens.token(ada)
  machine.set(-2 * day)
  machine.pass(11 * minute)
  assert.equal(await house.tokens.readToken(token), undefined)
  machine.pass(12.2 * hour)
  assert.equal(await house.logins.find(bob.id), undefined)
  const late = await house.someone('carol')
  for (let i = 0; i < 15 * 4; i += 1) {
    await house.logins.touch([late.id], machine.now())
    machine.pass(6 * hour)
  }
  assert.equal((await house.logins.check([late.id])).get(late.id), 'absolute')
  await house.close()
})

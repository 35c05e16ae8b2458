import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { createLog } from '../../src/log.ts'
import { watchSignals } from '../../src/ops/signals.ts'

/** A process of which only the signals and the clock are made up. */
function stage(given: { terminalGone?: boolean; reload?: () => Promise<void> } = {}) {
  const from = new EventEmitter()
  const lines: string[] = []
  const seen = { ended: 0, reloaded: 0, exits: [] as number[] }
  const clock = { now: 0 }
  const { promise: drained, resolve: finish, reject: fail } = Promise.withResolvers<void>()
  watchSignals({
    from,
    monotonic: () => clock.now,
    end: () => {
      seen.ended += 1
      return drained
    },
    reload: async () => {
      seen.reloaded += 1
      await given.reload?.()
    },
    exit: (code) => void seen.exits.push(code),
    terminalGone: () => given.terminalGone ?? false,
    log: createLog({ level: 'info', pretty: false, destination: { write: (line: string) => void lines.push(line) } }),
  })
  return { from, clock, seen, lines, finish, fail, settled: () => new Promise(setImmediate) }
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} ends in good order, with exit code 0 once everyone is gone`, async () => {
    const { from, seen, finish, settled } = stage()
    from.emit(signal)
    assert.deepEqual(seen, { ended: 1, reloaded: 0, exits: [] })
    finish()
    await settled()
    assert.deepEqual(seen.exits, [0])
  })
}

test('the same signal twice within a second is one', () => {
  const { from, clock, seen } = stage()
  from.emit('SIGINT')
  clock.now = 999
  from.emit('SIGINT')
  from.emit('SIGTERM')
  assert.deepEqual(seen, { ended: 1, reloaded: 0, exits: [] })
})

test('a second one a second later ends at once', () => {
  const { from, clock, seen } = stage()
  from.emit('SIGTERM')
  clock.now = 1_000
  from.emit('SIGINT')
  assert.deepEqual(seen, { ended: 1, reloaded: 0, exits: [1] })
})

test('SIGHUP reads the configuration again, as often as it comes', () => {
  const { from, seen } = stage()
  from.emit('SIGHUP')
  from.emit('SIGHUP')
  assert.deepEqual(seen, { ended: 0, reloaded: 2, exits: [] })
})

test('SIGHUP from a terminal that closes ends Parley', () => {
  const { from, seen } = stage({ terminalGone: true })
  from.emit('SIGHUP')
  assert.deepEqual(seen, { ended: 1, reloaded: 0, exits: [] })
})

test('a configuration that is refused on SIGHUP is written down and changes nothing (CFG-04)', async () => {
  const { from, seen, lines, settled } = stage({ reload: () => Promise.reject(new Error('server.prot — unknown setting')) })
  from.emit('SIGHUP')
  await settled()
  assert.match(lines.join(''), /sys_config_refused.*unknown setting/)
  assert.deepEqual(seen.exits, [])
})

test('an end that fails is not called a success', async () => {
  const { from, seen, fail, settled } = stage()
  from.emit('SIGTERM')
  fail(new Error('the disk is gone'))
  await settled()
  assert.deepEqual(seen.exits, [1])
})

for (const event of ['uncaughtException', 'unhandledRejection']) {
  test(`${event} is written down and ends the process`, () => {
    const { from, seen, lines } = stage()
    from.emit(event, new Error('who threw this?'))
    assert.match(lines.join(''), /"fatal".*sys_crash.*who threw this/)
    assert.deepEqual(seen, { ended: 0, reloaded: 0, exits: [1] })
  })
}

import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { Outlet } from '../../src/gateway/outlet.ts'
import { createTurn } from '../../src/gateway/turn.ts'
import { type Frame, hint } from '../../src/gateway/wire.ts'

/** A node that has not heard for a while what has ended, until `open`. */
function closedGate() {
  let waiting: (() => void)[] = []
  let isOpen = false
  return {
    holds: () => isOpen,
    whenHeld: (go: () => void) => void waiting.push(go),
    open() {
      isOpen = true
      for (const go of waiting) go()
      waiting = []
    },
  }
}

function reader(gate: ReturnType<typeof closedGate>, turn = createTurn(), hold: (on: boolean) => void = () => undefined) {
  const socket = new PassThrough()
  const clock = { now: 1 }
  const owner = { isOpen: () => true, fellBehind() {}, hold, overfull() {}, drained() {}, now: () => clock.now }
  const outlet = new Outlet(socket, turn, { queueBytes: 1000, queueAge: 1000 }, owner, gate)
  return { outlet, socket, clock, heard: () => String(socket.read() ?? '') }
}

const word = (text: string): Frame => ({ bytes: Buffer.from(text), droppable: true })

test('while a node may deliver nothing its people still hear that the line is alive, and nothing else', async () => {
  const gate = closedGate()
  const ada = reader(gate)
  ada.outlet.put(word('secret'))
  await turnEnd()
  await turnEnd()
  ada.outlet.beat(hint({ type: 'beat', now: 7 }))
  assert.match(ada.heard(), /^..\{"type":"beat","now":7\}$/s)
  gate.open()
  await turnEnd()
  await turnEnd()
  assert.equal(ada.heard(), 'secret')
})

test('of what is answered within one turn of the loop there is a bound: then nothing more is begun until it is with the socket', async () => {
  const gate = closedGate()
  gate.open()
  const held: boolean[] = []
  const ada = reader(gate, createTurn(), (on) => held.push(on))
  const page: Frame = { bytes: Buffer.alloc(200 * 1024), droppable: false }
  ada.socket.on('data', () => undefined)
  ada.outlet.put(page)
  assert.deepEqual(held, [])
  ada.outlet.put(page)
  assert.deepEqual(held, [true])
  while (held.length < 2) await turnEnd()
  assert.deepEqual(held, [true, false])
})

test('when it may deliver again, a crowd does not get everything in one turn of the loop', async () => {
  const gate = closedGate()
  const turn = createTurn()
  const crowd = Array.from({ length: 200 }, () => reader(gate, turn))
  let written = 0
  for (const { outlet, socket } of crowd) {
    outlet.put(word('x'))
    socket.write = () => {
      for (const from = performance.now(); performance.now() - from < 0.1; );
      written++
      return true
    }
  }
  await turnEnd()
  await turnEnd()
  gate.open()
  assert.equal(written, 0, 'whoever opens the gate goes on at once')
  const done = new Promise<void>((resolve) => turn.after(resolve))
  await turnEnd()
  await turnEnd()
  assert.ok(written < crowd.length, `${written} in one turn`)
  await done
  assert.equal(written, crowd.length)
})

test('what may wait for a second is late when a second is over, not only after it: that is when its reader is looked at', async () => {
  const gate = closedGate()
  gate.open()
  const { outlet, socket, clock } = reader(gate)
  while (!outlet.isBlocked) {
    outlet.put({ bytes: Buffer.alloc(64 * 1024), droppable: false })
    await turnEnd()
  }
  assert.ok(socket.writableNeedDrain)
  outlet.put(word('an event'))
  clock.now += 999
  assert.equal(outlet.isLate(), false)
  clock.now += 1
  assert.equal(outlet.isLate(), true)
})

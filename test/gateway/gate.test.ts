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
  const read = { behind: 0, heard: 0, drained: 0 }
  const owner = {
    isOpen: () => true,
    fellBehind: () => void read.behind++,
    hold,
    overfull() {},
    heard: () => void read.heard++,
    drained: () => void read.drained++,
    now: () => clock.now,
  }
  const outlet = new Outlet(socket, turn, { queueBytes: 1000, queueAge: 1000 }, owner, gate)
  return { outlet, socket, clock, read, heard: () => String(socket.read() ?? '') }
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

test('that holds also where nothing waits, and behind what a reader does not take nothing more is put for it', async () => {
  const ada = reader(closedGate())
  ada.outlet.beat(hint({ type: 'beat', now: 8 }))
  assert.match(ada.heard(), /^..\{"type":"beat","now":8\}$/s)
  const gate = closedGate()
  gate.open()
  const bob = reader(gate)
  bob.outlet.put(word('x'.repeat(100_000)))
  await turnEnd()
  assert.equal(bob.outlet.isBlocked, true)
  const waits = bob.socket.writableLength
  bob.outlet.beat(hint({ type: 'beat', now: 9 }))
  assert.deepEqual([bob.outlet.queued, bob.socket.writableLength], [0, waits])
  assert.equal(bob.heard(), 'x'.repeat(100_000))
})

test('a reader whose socket has drained reads, also when more goes out at once and fills it again', async () => {
  const gate = closedGate()
  gate.open()
  const { outlet, socket, read } = reader(gate)
  const page = word('x'.repeat(100_000))
  outlet.put(page)
  await turnEnd()
  outlet.put({ ...page, droppable: false })
  socket.read()
  while (read.heard === 0) await turnEnd()
  assert.deepEqual([outlet.isBlocked, read.heard, read.drained], [true, 1, 0])
  while (socket.read() !== null) await turnEnd()
  while (read.drained === 0) await turnEnd()
})

test('more than may wait does not wait for the end of the turn: whoever does not take it is behind, and nothing grows', () => {
  const gate = closedGate()
  gate.open()
  const { outlet, read, heard } = reader(gate)
  outlet.put(word('x'.repeat(600)))
  assert.equal(heard(), '')
  outlet.put(word('x'.repeat(600)))
  assert.equal(heard().length, 1200)
  outlet.put(word('x'.repeat(100_000)))
  assert.deepEqual([outlet.isBlocked, read.behind], [true, 0])
  outlet.put(word('x'.repeat(1200)))
  assert.equal(read.behind, 1)
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

import type { IncomingMessage } from 'node:http'
import type { Server, Socket } from 'node:net'
import { createUnderWay } from './under-way.ts'

/** Upgrades that are looked at while others wait: so many that the threads behind the loop always have something to do. */
const attemptsAtOnce = 16
/** ms for which each counts: when the store does not answer, it helps nobody that others wait as well. */
const attemptCounts = 1000
/** Handshakes of TLS while others wait. Each keeps some 60 KB. */
const handshakesAtOnce = 128
/** ms for which each counts: after it, it waits for its peer, who may be far away, or there to keep others out. */
const handshakeCounts = 500
/** ms between two looks at what no longer counts. */
const lookAgain = 100
/** ms that anybody waits here: who has waited so long has mostly gone, and comes again. Less than a client gives an attempt. */
const patience = 15_000
/** Those sent away in one turn of the loop: thousands of a crowd have waited for too long at the same time. */
const goneATurn = 8
/** Turns of the loop in a row in which nobody is let in because more are coming. */
const turnsForComing = 8

/**
 * Where those wait who have connected, before anything is spent on them: being here costs a hundredth of a handshake. It is the one
 * place where a crowd waits. Behind it only so many are under way that whatever else there is to do, a sign-in or a message, finds
 * the loop and the threads free; before it the queue of the kernel is short, and whoever finds that full tries again after
 * seconds that double each time.
 *
 * The longest here and the latest come are let in by turns. By age alone, whoever comes for another reason would wait for the
 * whole crowd, and after some seconds all those let in would be those who have just given up.
 */
export function createPorch({ monotonic }: { monotonic: () => number }) {
  const waiting: { socket: Socket; since: number }[] = []
  const attempts = createUnderWay<IncomingMessage>({ most: attemptsAtOnce, counts: attemptCounts, monotonic, ended: goOn })
  // Not by socket: what TLS shows of it is another object.
  const handshakes = createUnderWay<string>({ most: handshakesAtOnce, counts: handshakeCounts, monotonic, ended: goOn })
  let letIn: (socket: Socket) => void = (socket) => socket.destroy()
  let looksAgain = false
  let isDue = false
  let hasCome = false
  let turnsOff = 0
  let isForLatest = false
  let givenUp = 0

  function come(socket: Socket): void {
    hasCome = true
    waiting.push({ socket, since: monotonic() })
    goOn()
  }

  function goOn(): void {
    if (isDue || waiting.length === 0) return
    if (attempts.isFull() || handshakes.isFull()) return lookLater()
    isDue = true
    setImmediate(turn)
  }

  function lookLater(): void {
    if (looksAgain) return
    looksAgain = true
    setTimeout(() => {
      looksAgain = false
      goOn()
    }, lookAgain).unref()
  }

  function turn(): void {
    isDue = false
    // A turn of the loop takes no more than one from the kernel (libuv since 1.45): while more come, they come in from there first.
    if (hasCome && waiting.length > 1 && turnsOff < turnsForComing) turnsOff++
    else {
      turnsOff = 0
      const socket = next()
      if (socket) letIn(socket)
    }
    hasCome = false
    goOn()
  }

  /** It is over when it has succeeded, or when its peer has gone, of whom nothing is known any more by then. */
  function begin(socket: Socket): void {
    const key = keyOf(socket)
    handshakes.begin(key)
    socket.once('close', () => handshakes.end(key))
  }

  function next(): Socket | undefined {
    const tooLong = monotonic() - patience
    for (let n = 0; n < goneATurn && waiting[0] && waiting[0].since < tooLong; n++) {
      waiting.shift()?.socket.destroy()
      givenUp++
    }
    isForLatest = !isForLatest
    return (isForLatest ? waiting.pop() : waiting.shift())?.socket
  }

  return {
    /** Upgrades, from their first byte to the welcome or the refusal. */
    attempts,
    /** Puts itself before all that this server does with a new connection; the server must take them paused (`pauseOnConnect`). */
    guard(server: Server, { shakesHands }: { shakesHands: boolean }): void {
      const listeners = server.listeners('connection')
      server.removeAllListeners('connection')
      server.on('connection', come)
      letIn = (socket) => {
        if (!server.listening) return void socket.destroy()
        if (shakesHands) begin(socket)
        for (const listener of listeners) listener.call(server, socket)
      }
      server.on('secureConnection', (socket: Socket) => handshakes.end(keyOf(socket)))
    },
    get waiting(): number {
      return waiting.length
    },
    /** How many had waited for too long, since this was last asked. */
    givenUp(): number {
      const count = givenUp
      givenUp = 0
      return count
    },
    /** Sends all of them away. */
    clear(): void {
      for (const { socket } of waiting.splice(0)) socket.destroy()
    },
  }
}

export type Porch = ReturnType<typeof createPorch>

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

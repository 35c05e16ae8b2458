import type { ServerFrame, Welcome } from '../protocol/server-frames.ts'
import { quiet } from './deferred.ts'
import { Denied, Refused } from './errors.ts'
import { type Ask, createRequests } from './requests.ts'
import { type Credential, headersFor, type OpenSocket, protocolsFor, type WebSocketLike } from './socket.ts'
import type { Timers } from './timers.ts'

/** `attempt`: any that holds will do · `new-credentials`: the last one was turned away · `renew`: for a connection that stays. */
export type CredentialWhy = 'attempt' | 'new-credentials' | 'renew'

/** What the server says unasked and the connection does not deal with itself. */
export type Told = Exclude<ServerFrame, { type: 'welcome' | 'ok' | 'refused' | 'beat' | 'bye' | 'renew' }>

/** How it ended: with a close code (`window`: ms from … to, when to come back), without a credential, or because it could not even begin. */
export type End = { code: number; words: string; window?: [number, number] } | { denied: unknown } | { unusable: unknown }

export interface ConnectionDeps {
  url: string
  credential: (why: CredentialWhy) => Promise<Credential>
  openSocket: OpenSocket
  timers: Timers
  now: () => number
  /** None of these is told after `drop`. */
  onWelcome(welcome: Welcome): void
  onTold(frame: Told): void
  /** A frame that could not be read, or that a listener of `onTold` choked on. */
  onUnknown(frame: unknown): void
  onEnd(end: End): void
}

export interface Connection {
  ask: Ask
  /** Asks for a sign of life and ends if there is none soon: for when the device woke up. */
  probe(): void
  /** Lets go at once; nothing is told afterwards. Resolves when the socket has closed, at the latest after 1 s. */
  drop(): Promise<void>
}

/** From the question for a credential to the welcome, ms. */
const attemptMs = 20_000
const probeMs = 2_000
const renewAgainMs = 10_000
const closeMs = 1_000
const silent = { code: 1006, words: 'Nothing was heard from the server.' }

/** One socket from the question for a credential to its end: answers, silence, renewal. */
export function createConnection(why: CredentialWhy, deps: ConnectionDeps): Connection {
  const { url, credential, openSocket, timers, now, onWelcome, onTold, onUnknown, onEnd } = deps
  const requests = createRequests()
  let socket: WebSocketLike | undefined
  let over = false
  let welcomed = false
  let probing = false
  let heardAt = now()
  let silenceMs = attemptMs
  let bye: Extract<ServerFrame, { type: 'bye' }> | undefined
  let renewal: unknown
  /** The one deadline: welcome, sign of life or answer to a probe. */
  let alarm = timers.set(() => end({ code: 1006, words: 'The server did not answer.' }), attemptMs)

  function drop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    over = true
    timers.clear(alarm)
    timers.clear(renewal)
    requests.end()
    if (!socket) return Promise.resolve()
    const enough = timers.set(resolve, closeMs)
    socket.onclose = () => {
      timers.clear(enough)
      resolve()
    }
    socket.close(1000)
    return promise
  }

  function end(how: End): void {
    if (over) return
    void drop()
    onEnd(how)
  }

  async function dial(): Promise<void> {
    await undefined // whoever made this connection must hold it before it can end
    if (over) return
    let given: Credential
    try {
      given = await credential(why)
    } catch (error) {
      return end({ denied: error })
    }
    if (over) return
    try {
      socket = openSocket(url, protocolsFor(given), headersFor(given))
      listenTo(socket)
    } catch (error) {
      end({ unusable: error })
    }
  }

  function listenTo(opened: WebSocketLike): void {
    // Stays for good: `ws` throws an error nobody listens for, and closing while connecting is one. A close always follows.
    opened.onerror = () => {}
    opened.onclose = ({ code, reason }: { code: number; reason: string }) => {
      // A connection that is destroyed shows 1006 (RFC 6455 §7.1.5): what the server said before is the better word.
      const said = bye && code < 1007 ? { code: bye.code, words: bye.message } : { code, words: reason }
      socket = undefined
      end(bye?.reconnectAfterMs ? { ...said, window: bye.reconnectAfterMs } : said)
    }
    opened.onmessage = ({ data }: { data: unknown }) => {
      if (over) return
      heardAt = now()
      let frame: unknown = data
      try {
        frame = JSON.parse(String(data))
        arrived(frame as ServerFrame)
      } catch {
        onUnknown(frame)
      }
    }
  }

  function arrived(frame: ServerFrame): void {
    if (frame.type === 'welcome') begin(frame)
    else if (frame.type === 'bye') bye = frame
    else if (frame.type === 'ok' || frame.type === 'refused') requests.answered(frame as Parameters<typeof requests.answered>[0])
    else if (frame.type === 'renew') void renew(frame.before)
    else if (frame.type !== 'beat' && welcomed) onTold(frame)
  }

  function begin(welcome: Welcome): void {
    if (welcomed) return
    welcomed = true
    silenceMs = 2 * welcome.beatMs
    requests.begin((text) => socket?.send(text), welcome.limits.pending, welcome.limits.frameBytes)
    listen()
    onWelcome(welcome)
  }

  function listen(): void {
    timers.clear(alarm)
    const left = Math.min(silenceMs, heardAt + silenceMs - now())
    alarm = timers.set(() => (now() - heardAt >= silenceMs ? end(silent) : listen()), left)
  }

  function probe(): void {
    if (!welcomed || probing) return
    probing = true
    timers.clear(alarm)
    alarm = timers.set(() => end(silent), probeMs)
    const alive = () => {
      probing = false
      if (!over) listen()
    }
    quiet(requests.ask('ping', {}).then(alive, (error) => error instanceof Refused && alive()))
  }

  async function renew(before: number): Promise<void> {
    try {
      const given = await credential('renew')
      if (!over && 'bearer' in given) await requests.ask('renew', { token: given.bearer })
    } catch (error) {
      // When there is nothing to be had, the server's close at `before` is the verdict.
      const final = (error instanceof Denied && error.verdict !== 'back-off') || (error instanceof Refused && !error.retryable)
      if (final || over || now() + renewAgainMs >= before) return
      timers.clear(renewal)
      renewal = timers.set(() => void renew(before), renewAgainMs)
    }
  }

  quiet(dial())
  return { ask: requests.ask, probe, drop }
}

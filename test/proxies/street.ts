import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { newPlace, password, startServer } from '../ops/parley.ts'
import { freePort } from '../support/free-port.ts'
import { Guest } from '../support/guest.ts'
import { certificate } from '../support/house.ts'
import type { Ports } from './proxy.ts'

export const claimed = '203.0.113.7'
/** What a client says who wants to be somebody else. */
export const spoof = { 'x-forwarded-for': claimed, 'x-real-ip': claimed, forwarded: `for=${claimed}` }

type Line = Record<string, unknown>

/**
 * Parley by its command line, with what the head of a shipped file tells the operator to set, and people who come through the proxy;
 * two and more share a room.
 */
export async function openStreet(t: TestContext, settings: Record<string, string>, names = ['ada', 'bob']) {
  const ports: Ports = { parley: await freePort(), ops: await freePort(), tls: await freePort(), clear: await freePort() }
  const origin = `https://localhost:${ports.tls}`
  const place = await newPlace(t)
  const all = { PARLEY__SERVER__PORT: `${ports.parley}`, PARLEY__OPS__PORT: `${ports.ops}`, PARLEY__SERVER__PUBLICURL: origin, ...settings }
  const server = await startServer(place, all)
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.parley([...args, '--json'], { input: password, env: all })
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  for (const name of names) await run('account', 'add', name, '--password-stdin')
  const room: string = names.length < 2 ? '' : (await run('room', 'add', 'Tea', '--members', names.join())).id
  let ca = certificate().cert
  const trust = (cert: string) => {
    ca = cert
  }

  const logged = (event: string): Line[] =>
    server.seen.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.event === event)

  /** The next line of this event, or the last that is there already. */
  async function line(event: string, matches: (line: Line) => boolean = () => true): Promise<Line> {
    for (;;) {
      const found = logged(event).find(matches)
      if (found) return found
      await once(server.child.stderr as NodeJS.ReadableStream, 'data')
    }
  }

  /** A browser at an address of its own, signed in, with a socket. */
  async function arrives(name: string, from: string) {
    const visitor = new Visitor({ port: ports.tls, ca, origin, from })
    t.after(() => visitor.close())
    const answer = await visitor.post('/api/v1/login', { name, password }, spoof)
    assert.equal(answer.status, 200, answer.text)
    visitor.csrf = answer.json.csrf
    const { json } = await visitor.post('/api/v1/ticket')
    const guest = new Guest(`wss://localhost:${ports.tls}/ws`, {
      ...{ ca, from },
      headers: { cookie: visitor.cookieHeader ?? '', origin, ...spoof },
      protocols: ['parley.v1', `parley.ticket.${json.ticket}`],
    })
    t.after(() => guest.ws.terminate())
    await guest.hears('welcome')
    return { visitor, guest, setCookies: [answer.headers['set-cookie']].flat().map(String) }
  }

  /** The status with which an upgrade without credential is refused. */
  async function knocks(from: string): Promise<number | undefined> {
    const guest = new Guest(`wss://localhost:${ports.tls}/ws`, { ca, from, headers: spoof })
    const [, response] = (await once(guest.ws, 'unexpected-response')) as [unknown, IncomingMessage]
    response.resume()
    return response.statusCode
  }

  return { ...{ ports, origin, room, server, place, run, logged, line, arrives, knocks, trust } }
}

/** What comes back for these bytes until the other end closes. */
export async function raw(port: number, text: string, from = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => undefined)
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { newPlace, password, startServer } from '../ops/parley.ts'

/** A real server with its own certificate, in a process of its own, where ada is signed in. */
export interface Target {
  url: string
  port: number
  /** The file of the authority that signed its certificate. */
  ca: string
  folder: string
  /** All cookies of a browser in which ada is signed in. */
  cookie: string
  /** For the command line's programs: a token of ada's. */
  token: string
  /** A room of hers. */
  room: string
  pid: number
  /** Everything that it said. */
  log: () => string
}

/** As it is installed, but for `settings`. */
export async function startTarget(t: TestContext, settings: Record<string, string> = {}): Promise<Target> {
  const place = await newPlace(t)
  const { child, url, seen } = await startServer(place, settings)
  const json = async (args: string[], input = '') => {
    const { code, stdout, stderr } = await place.parley([...args, '--json'], { input })
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  }
  await json(['account', 'add', 'ada', '--password-stdin'], password)
  const { id: room } = await json(['room', 'add', 'Tea', '--members', 'ada'])
  const { token } = await json(['token', 'issue', '--account', 'ada', '--ttl', '1h'])
  const ca = join(place.root, 'certs', 'ca.pem')
  const cookie = url.startsWith('https:') ? await signIn(url, ca) : ''
  return { url, port: Number(new URL(url).port), ca, folder: place.root, cookie, token, room, pid: child.pid ?? 0, log: () => seen.stderr }
}

/** Signs ada in as her browser would, from any address of 127.0.0.0/8; her cookies. */
export async function signIn(url: string, ca: string, from = '127.0.0.1'): Promise<string> {
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin: url }
  const agent = new Agent({ ca: readFileSync(ca), keepAlive: false, localAddress: from })
  const asked = request(`${url}/api/v1/login`, { method: 'POST', agent, headers })
  asked.end(JSON.stringify({ name: 'ada', password }))
  const [answer] = await once(asked, 'response')
  answer.resume()
  await once(answer, 'end')
  if (answer.statusCode !== 200) throw new Error(`signing in was answered ${answer.statusCode}`)
  return (answer.headers['set-cookie'] as string[]).map((one) => one.split(';')[0]).join('; ')
}

/** Whether the cookies of ada's browser still are those of somebody signed in. */
export async function isSignedIn({ url, ca, cookie }: Target): Promise<boolean> {
  const agent = new Agent({ ca: readFileSync(ca), keepAlive: false })
  const asked = request(`${url}/api/v1/session`, { agent, headers: { cookie } })
  asked.end()
  const [answer] = await once(asked, 'response')
  answer.resume()
  return answer.statusCode === 200
}

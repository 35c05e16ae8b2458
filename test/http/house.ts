import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLocalBus } from '../../src/bus/local.ts'
import { createLog as createChatLog } from '../../src/chat/log.ts'
import { createMessages } from '../../src/chat/messages.ts'
import { createRooms } from '../../src/chat/rooms.ts'
import type { ConnectionInfo, HttpDeps } from '../../src/http/deps.ts'
import { createHttp, serverLimits } from '../../src/http/http.ts'
import type { Login } from '../../src/identity/logins.ts'
import { createLog } from '../../src/log.ts'
import type { Refusal } from '../../src/protocol/codes.ts'
import { day, hour, openHousehold, password, type Tuning } from '../identity/household.ts'
import { throwAwayCertificate } from './certificate.ts'
import { Visitor } from './visitor.ts'

export { day, hour, password, refusal } from '../identity/household.ts'

const certificate = await throwAwayCertificate()

/** The whole of identity, chat and HTTP behind real TLS on a free port. */
export async function openHouse(tuning: Tuning & { settings?: object; change?: (deps: HttpDeps) => HttpDeps } = {}) {
  const household = await openHousehold(tuning)
  const { store, now, secrets } = household
  const lines: string[] = []
  const log = createLog({ level: 'trace', pretty: false, destination: { write: (line) => void lines.push(line) } })

  const webDir = join(household.folder, 'dist')
  await mkdir(join(webDir, 'assets'), { recursive: true })
  await writeFile(
    join(webDir, 'index.html'),
    '<!doctype html><title>Parley</title><meta name="application-name" content="Parley"><div id="page"></div>',
  )
  await writeFile(join(webDir, 'assets', 'page-abc123.js'), 'export {}')
  await writeFile(join(webDir, 'assets', 'page-abc123.js.map'), '{}')
  await writeFile(join(webDir, 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')

  const bus = createLocalBus()
  const chatLog = createChatLog({ append: store.append, bus, now, noteOperator: async () => undefined })
  const server = createServer({ ...certificate, maxHeaderSize: serverLimits.maxHeaderSize })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `https://localhost:${port}`

  const state = {
    ready: { ok: true, reasons: [] as string[] },
    refuseTicket: undefined as Refusal | undefined,
    connections: new Map<string, ConnectionInfo[]>(),
  }
  const settings = {
    name: 'Parley',
    ...{ publicUrl: origin, origins: [origin], loopback: true, trustProxy: 0, registration: 'invite' as 'closed' | 'invite' | 'open' },
    ...{ bodyBytes: 65_536, requestsPerSecondPerAddress: 100_000, absoluteMs: 14 * day, idleMs: 12 * hour },
    ...tuning.settings,
  }
  const deps: HttpDeps = {
    ...household,
    cookieSecrets: secrets.cookieSecrets,
    rooms: createRooms({ db: store.db, log: chatLog, reads: store.reads, limits: () => ({ roomsPerAccount: 500, membersPerRoom: 500 }) }),
    messages: createMessages({ log: chatLog, reads: store.reads, bus, pace: () => 0, textLength: () => 8_000 }),
    connectionsOf: async (ids) => new Map(ids.map((id) => [id, state.connections.get(id) ?? []])),
    admitTicket: async (_login: Login) => state.refuseTicket,
    settings,
    ready: () => state.ready,
    ...{ log, now, webDir },
    entryStyle: fileURLToPath(new URL('../../src/web/entry.css', import.meta.url)),
  }
  server.on('request', createHttp(tuning.change?.(deps) ?? deps))
  const visitors: Visitor[] = []

  const house = {
    ...{ ...household, deps, server, settings, state, lines, origin, port },
    visitor(): Visitor {
      const visitor = new Visitor({ port, ca: certificate.cert, origin })
      visitors.push(visitor)
      return visitor
    },
    /** Somebody with an account and a browser that is signed in. */
    async guest(name: string, role: 'admin' | 'member' = 'member'): Promise<Visitor> {
      if (!(await household.accounts.find(name))) await household.accounts.add({ name, password, role })
      const visitor = house.visitor()
      const answer = await visitor.signIn(name, password)
      if (answer.status !== 200) throw new Error(answer.text)
      return visitor
    },
    events: () => lines.map((line) => JSON.parse(line) as { event: string; code?: string; route?: string; level: string }),
    async close() {
      for (const visitor of visitors) visitor.close()
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
      await household.close()
    },
  }
  return house
}

export type House = Awaited<ReturnType<typeof openHouse>>

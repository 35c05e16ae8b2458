import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { type Clock, systemClock } from '../../src/house.ts'
import type { Login } from '../../src/identity/logins.ts'
import type { Account, AccountRole } from '../../src/protocol/events.ts'
import { type Service, startService } from '../../src/service.ts'
import { Guest, type GuestOptions } from './guest.ts'
import { sharedPostgres } from './postgres.ts'

const root = join(import.meta.dirname, '../..')

/** A clock that only moves when told to. */
export function fakeClock(): Clock & { pass(ms: number): void } {
  let passed = 0
  const [wall, steady] = [Date.now(), performance.now()]
  const pass = (ms: number) => {
    passed += ms
  }
  return { now: () => wall + passed, monotonic: () => steady + passed, pass }
}

let pair: { key: string; cert: string } | undefined
/** A certificate for this run of the tests. */
export function certificate(): { key: string; cert: string } {
  if (pair) return pair
  const folder = mkdtempSync(join(tmpdir(), 'parley-pair-'))
  const file = (name: string) => join(folder, name)
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key.pem')]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', file('cert.pem'), '-days', '2', ...subject], { stdio: 'ignore' })
  pair = { key: readFileSync(file('key.pem'), 'utf8'), cert: readFileSync(file('cert.pem'), 'utf8') }
  rmSync(folder, { recursive: true })
  return pair
}

export interface Person {
  account: Account
  login: Login
  token: string
}
export interface HouseOptions {
  /** `PARLEY__…` settings, as an operator would give them. */
  settings?: Record<string, string>
  clock?: Clock
  /** Where it remembers. Without it: SQLite, or what PARLEY_STORE says (`PARLEY_STORE=postgres npm test -- test/gateway`). */
  store?: 'sqlite' | 'postgres'
  /** An existing house to open again; it is kept at the end. */
  folder?: string
  /** All options of TLS in place of the run's own certificate, and what its clients then trust; or none, as behind a proxy. */
  tls?: { options: object; ca: string } | 'off'
}

/** A whole Parley, as a person meets it: real TLS, a real database, on a free port. */
export class TestHouse {
  readonly service: Service
  readonly folder: string
  readonly log: string[]
  readonly fatal: Error[]
  readonly #guests: Guest[] = []
  readonly #keep: boolean
  readonly #ca: string

  constructor(service: Service, folder: string, log: string[], fatal: Error[], keep: boolean, ca = certificate().cert) {
    this.#keep = keep
    this.#ca = ca
    this.service = service
    this.folder = folder
    this.log = log
    this.fatal = fatal
  }

  get url(): string {
    return `https://localhost:${this.service.port}`
  }

  /** People with an account, a login and a token each. */
  async people<const Names extends string[]>(...names: Names): Promise<{ [K in keyof Names]: Person }> {
    const all = []
    for (const name of names) all.push(await this.person(name))
    return all as { [K in keyof Names]: Person }
  }

  async person(name: string, role: AccountRole = 'member'): Promise<Person> {
    const { accounts } = this.service.house
    const account = (await accounts.find(name)) ?? (await accounts.add({ name, role }))
    return this.login(account)
  }

  /** Another login of an account: another device. */
  async login(account: Account): Promise<Person> {
    const { logins, tokens } = this.service.house
    const login = await logins.begin({ account: account.id, credential: 'token', label: 'test', address: '127.0.0.1' })
    const { token } = await tokens.token(login)
    return { account, login, token }
  }

  /** A room of these people. */
  async room(name: string, people: Person[], kind: 'public' | 'private' = 'private'): Promise<string> {
    return this.service.house.rooms.found({ account: 'parley' }, { name, kind, members: people.map(({ account }) => account.id) })
  }

  /** A welcomed connection. */
  async connect(person: Person, options: GuestOptions = {}): Promise<Guest> {
    const guest = new Guest(`wss://localhost:${this.service.port}/ws`, { ...options, token: person.token, ca: this.#ca })
    this.#guests.push(guest)
    await guest.hears('welcome')
    return guest
  }

  /** The HTTP status with which a connection is refused. */
  refusal(person: Person, options: GuestOptions = {}): Promise<number> {
    const guest = new Guest(`wss://localhost:${this.service.port}/ws`, { ...options, token: person.token, ca: this.#ca })
    this.#guests.push(guest)
    return new Promise((resolve, reject) => {
      guest.ws.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
      guest.ws.on('open', () => reject(new Error('was let in')))
    })
  }

  async close(): Promise<void> {
    for (const guest of this.#guests) guest.ws.terminate()
    await this.service.close()
    if (!this.#keep) rmSync(this.folder, { recursive: true, force: true })
    assert.deepEqual(this.fatal, [])
  }
}

const databases = new Map<string, string>()
/** A house that is opened again finds its database again. */
async function databaseOf(folder: string): Promise<string> {
  const known = databases.get(folder)
  if (known !== undefined) return known
  const postgres = await sharedPostgres()
  const url = postgres.url(await postgres.database())
  databases.set(folder, url)
  return url
}

export async function startHouse({ tls, ...options }: HouseOptions = {}): Promise<TestHouse> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'parley-house-'))
  cpSync(join(root, 'config/default.yaml'), join(folder, 'config/default.yaml'))
  const inPostgres = (options.store ?? process.env.PARLEY_STORE) === 'postgres'
  const where = inPostgres ? { PARLEY__STORE__URL: await databaseOf(folder) } : {}
  const env = {
    ...where,
    PARLEY__SERVER__PORT: '0',
    PARLEY__OPS__PORT: '0',
    ...(tls === 'off' && { PARLEY__TLS__MODE: 'off' }),
    ...options.settings,
  }
  const { config } = readConfig({ root: folder, env })
  const lines: string[] = []
  const fatal: Error[] = []
  const service = await startService({
    config: () => config,
    log: pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }),
    clock: options.clock ?? systemClock,
    tls: tls === 'off' ? undefined : (tls?.options ?? certificate()),
    webDir: join(root, 'src/web/dist'),
    entryStyle: join(root, 'src/web/entry.css'),
    onFatal: (error) => void fatal.push(error),
  })
  return new TestHouse(service, folder, lines, fatal, options.folder !== undefined, tls === 'off' ? undefined : tls?.ca)
}

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PostgresPlace } from '../../src/store/postgres-place.ts'
import { whereIs } from '../setup.ts'
import { freePort } from './free-port.ts'

/** A program of PostgreSQL. */
export function postgresProgram(name: string): string {
  const program = whereIs(name)
  if (program === undefined) throw new Error(`${name} of PostgreSQL is not here: sudo apt-get install postgresql`)
  return program
}

/** The server refuses to run as root: then it runs as the user that Debian makes for it, or as nobody. */
function asWhom(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  for (const name of ['postgres', 'nobody'])
    try {
      const id = (of: string) => Number(execFileSync('id', [of, name], { encoding: 'utf8', stdio: 'pipe' }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      // The next one.
    }
  return {}
}

function prepareFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-postgres-'))
  const { uid, gid } = asWhom()
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'run'))
  if (uid !== undefined && gid !== undefined) for (const path of [folder, join(folder, 'run')]) chownSync(path, uid, gid)
  return folder
}

const password = 'of the tests'
const user = 'parley'

/** A PostgreSQL of our own: real, on a free port of 127.0.0.1, with durability as in earnest. */
export class TestPostgres {
  readonly folder: string
  readonly port: number
  readonly #settings: Record<string, string>
  #server: ReturnType<typeof spawn> | undefined
  #databases = 0
  #ready: Promise<PostgresPlace> | undefined
  #copying: Promise<unknown> = Promise.resolve()

  constructor(folder: string, port: number, settings: Record<string, string>) {
    this.folder = folder
    this.port = port
    this.#settings = settings
  }

  /** @param pair what it shows to those who want TLS */
  static async start(settings: Record<string, string> = {}, pair?: { key: string; cert: string }): Promise<TestPostgres> {
    const folder = prepareFolder()
    const { uid, gid } = asWhom()
    const made = new TestPostgres(folder, await freePort(), settings)
    const auth = ['--username', user, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync']
    execFileSync(postgresProgram('initdb'), [...auth, '--pgdata', made.data], { stdio: 'ignore', uid, gid, cwd: folder })
    if (pair) made.#keep(pair)
    watch(folder)
    await made.run()
    return made
  }

  /** Another server that follows this one, and may take its place. */
  async standby(): Promise<TestPostgres> {
    const made = new TestPostgres(prepareFolder(), await freePort(), this.#settings)
    const from = ['--host', '127.0.0.1', '--port', `${this.port}`, '--username', user, '--checkpoint', 'fast', '--no-sync']
    const copied = spawn(postgresProgram('pg_basebackup'), [...from, '--write-recovery-conf', '--pgdata', made.data], {
      ...{ ...asWhom(), cwd: made.folder, stdio: 'ignore' },
    })
    const [code] = await once(copied, 'exit')
    if (code !== 0) throw new Error(`pg_basebackup ended with ${code}.`)
    watch(made.folder)
    await made.run()
    return made
  }

  #keep(pair: { key: string; cert: string }): void {
    const { uid, gid } = asWhom()
    for (const [name, text] of [
      ['server.key', pair.key],
      ['server.crt', pair.cert],
    ] as const) {
      const file = join(this.data, name)
      writeFileSync(file, text, { mode: 0o600 })
      if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid)
    }
    this.#settings.ssl = 'on'
  }

  get data(): string {
    return join(this.folder, 'data')
  }

  /** Starts it, also once more after it was stopped. Resolves when it lets people in. */
  async run(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: this.port,
      unix_socket_directories: join(this.folder, 'run'),
      ...this.#settings,
    }
    const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(postgresProgram('postgres'), ['-D', this.data, ...given], {
      ...asWhom(),
      cwd: this.folder,
      stdio: 'ignore',
      // Ctrl-C is for whoever uses it, and ends it in its turn.
      detached: true,
    })
    this.#server = server
    while (server.exitCode === null && !(await this.#answers())) await new Promise((resolve) => setTimeout(resolve, 20))
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended at once with ${server.exitCode}.`)
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ ...this.place('postgres'), connectionTimeoutMillis: 5000 })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  /** A place in it; `database` need not be there yet. */
  place(database: string): PostgresPlace {
    return { host: '127.0.0.1', port: this.port, user, password, database }
  }

  /** As an operator writes it into `store.url`. @param port of a road that leads there */
  url({ database }: PostgresPlace, port = this.port): string {
    return `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`
  }

  /** An empty store of its own: a copy of one that was opened once, which is quicker than making its tables anew. */
  async database(): Promise<PostgresPlace> {
    // One copy after the other: nobody else may be in the one that is copied.
    this.#ready ??= this.#make()
    const ready = this.#ready
    const copied = this.#copying.then(async () => this.bare((await ready).database))
    this.#copying = copied.catch(() => undefined)
    return copied
  }

  async #make(): Promise<PostgresPlace> {
    const place = await this.bare()
    await (await openPostgres({ place, limits: { poolSize: 2, statementTimeout: 30_000 } })).close()
    return place
  }

  /** A database with nothing in it, or what another one holds. */
  async bare(template = 'template1'): Promise<PostgresPlace> {
    const name = `parley_${++this.#databases}`
    await this.ask('postgres', `create database ${name} template ${template}`)
    return this.place(name)
  }

  /** What somebody beside Parley asks or does. */
  async ask(database: string, text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.place(database))
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows
    } finally {
      await client.end()
    }
  }

  /** Of all its processes, as of now (Linux). */
  pids(): number[] {
    const pid = this.#server?.pid ?? 0
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return [pid, ...children.map(Number)]
  }

  /** @param how SIGINT: sends everyone away and stops cleanly. SIGQUIT: at once, with nothing written out, as in a crash. */
  async stop(how: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    server.ref()
    const ended = once(server, 'exit')
    server.kill(how)
    await ended
  }

  /** Holds up no process that is done. */
  leave(): void {
    this.#server?.unref()
  }

  /** Stops it and takes everything away. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGQUIT')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** When the process that runs the tests is gone, however it ended, its server goes too, and then the folder. */
function watch(folder: string): void {
  const script = `read -r _
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
    rm -rf "$1"`
  const watcher = spawn('sh', ['-c', script, 'sh', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  watcher.unref()
  if (watcher.stdin instanceof Socket) watcher.stdin.unref()
}

let shared: Promise<TestPostgres> | undefined

/** The one of this process, for all who do nothing to the server itself. It ends with the process. */
export function sharedPostgres(): Promise<TestPostgres> {
  shared ??= TestPostgres.start().then((postgres) => {
    postgres.leave()
    return postgres
  })
  return shared
}

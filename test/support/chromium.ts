import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { type Certificates, openCertificates } from '../../src/tls/certificates.ts'

const program = '/usr/bin/chromium'
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export interface Wishes {
  /** Keep pages in memory that were left, as people's browsers do; Playwright has that off otherwise. */
  keepsPages?: boolean
}

/** The certificate of all stages of a run, and the authority that their browsers trust; made when there is none. */
export const certificatesIn = (dir: string): Promise<Certificates> =>
  openCertificates({ dir, minVersion: '1.3', names: [], log: pino({ level: 'silent' }), now: Date.now })

/** @param home a folder of its own, so that the trust ends with the story. */
function launching(home: string, ca: string | undefined, { keepsPages = false }: Wishes): LaunchOptions {
  const store = join(home, '.pki/nssdb')
  mkdirSync(store, { recursive: true })
  execFileSync('certutil', ['-d', `sql:${store}`, '-N', '--empty-password'])
  if (ca !== undefined) execFileSync('certutil', ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'parley', '-i', ca])
  // A container has no user namespaces for Chromium's own sandbox; what it opens here is our page alone.
  return {
    executablePath: program,
    args: ['--no-sandbox', ...quiet],
    ...(keepsPages && { ignoreDefaultArgs: ['--disable-back-forward-cache'] }),
    env: { ...process.env, HOME: home },
    timeout: 60_000,
  }
}

/** A Chromium that trusts this authority because its certificate store was told to, as a person's would be; or nobody. */
export const launch = (home: string, ca?: string, wishes: Wishes = {}): Promise<Browser> => chromium.launch(launching(home, ca, wishes))

/** A Chromium that the files of a run share, each with contexts of its own, and the folder with the certificates that it trusts. */
export interface Shared {
  endpoint: string
  certs: string
}

/** What test/run.ts has opened for the files that it runs; none for a file that is run by itself. */
export const shared = (): Shared | undefined => (process.env.STAGE_CHROMIUM ? JSON.parse(process.env.STAGE_CHROMIUM) : undefined)

/** Opens one for everything that is started from here on. Without it each file starts its own, which takes it some seconds. */
export async function share(): Promise<{ close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-chromium-'))
  const certs = join(folder, 'certs')
  const certificates = await certificatesIn(certs)
  certificates.close()
  const server = await chromium.launchServer({ ...launching(join(folder, 'home'), join(certs, 'ca.pem'), {}), host: '127.0.0.1' })
  process.env.STAGE_CHROMIUM = JSON.stringify({ endpoint: server.wsEndpoint(), certs } satisfies Shared)
  return {
    async close() {
      await server.close().catch(() => undefined) // it may have ended by itself
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

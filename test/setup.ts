import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** A program that tests run, or the one file of a part of one, and the package of Debian or Ubuntu that brings it. */
interface Program {
  program: string
  package: string
  for: string
}

/** nginx that does not look into what it passes on. */
export const nginxStream = '/usr/lib/nginx/modules/ngx_stream_module.so'

const programs: readonly Program[] = [
  { program: 'chromium', package: 'chromium', for: 'the page in a real browser' },
  { program: 'certutil', package: 'libnss3-tools', for: 'a browser that trusts the certificate of the tests' },
  { program: 'openssl', package: 'openssl', for: 'certificates seen by another implementation' },
  { program: 'curl', package: 'curl', for: 'TLS and HTTP seen by another client' },
  { program: 'nginx', package: 'nginx-light', for: 'Parley behind a proxy, with the configuration that it ships' },
  { program: nginxStream, package: 'libnginx-mod-stream', for: 'nginx in front of several nodes' },
  { program: 'haproxy', package: 'haproxy', for: 'the same, and the PROXY protocol' },
  { program: 'redis-server', package: 'redis-server', for: 'the bus, the sessions and the counts of several nodes' },
  { program: 'initdb', package: 'postgresql', for: 'a store that several nodes share' },
  { program: 'strace', package: 'strace', for: 'what was synced when, and disks that fail' },
  { program: 'faketime', package: 'faketime', for: 'clocks that are wrong' },
]

/** What `npm run test:security` lets loose on Parley besides. */
export const scanners: readonly Program[] = [
  { program: 'testssl', package: 'testssl.sh', for: 'what TLS offers, by one scanner' },
  { program: 'sslscan', package: 'sslscan', for: 'the same, by another' },
  { program: 'nmap', package: 'nmap', for: 'the same, by a third, and its scripts for HTTP' },
  { program: 'slowhttptest', package: 'slowhttptest', for: 'a thousand slow clients' },
  { program: 'wapiti', package: 'wapiti', for: 'injections and headers' },
  { program: 'ffuf', package: 'ffuf', for: 'files that nobody should find' },
]

/** Debian keeps several versions of PostgreSQL side by side; the newest first. */
const postgresFolders = (): string[] => {
  const version = (folder: string) => Number(folder.split('/').at(-2))
  return globSync('/usr/lib/postgresql/*/bin').sort((a, b) => version(b) - version(a))
}

/** Where a program lies. Debian keeps servers out of the path of ordinary users. */
export const whereIs = (program: string): string | undefined => (isAbsolute(program) && existsSync(program) ? program : inFolders(program))

const inFolders = (program: string): string | undefined =>
  [...postgresFolders(), ...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file))

const found = (program: string) => whereIs(program) !== undefined
const missing = (of: readonly Program[]) => of.filter(({ program }) => !found(program))

/** The settings of whoever runs the tests are not those of the servers in them; how much is tested, and by which chance, remains. */
export function forgetSettings(): void {
  const ours = /^parley_(?!(more|seed|patience|store)$)/i
  for (const name of Object.keys(process.env)) if (ours.test(name)) delete process.env[name]
}

/** Every file of tests is a process of its own: what one has compiled, the others and the servers that they start need not compile again. */
export function keepCompiled(root: string): void {
  process.env.NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'parley')
}

/**
 * Sees to it that every program the tests need is there: nothing is ever skipped for want of one. Installs what is missing
 * where that is possible without a question, else says the exact command.
 * @throws Error with that command.
 */
export function ensurePrograms(say: (words: string) => void, more: readonly Program[] = []): void {
  const needed = [...programs, ...more]
  const wanted = missing(needed)
  if (wanted.length === 0) return
  const packages = wanted.map((one) => one.package)
  const install = installing(packages)
  const byHand = `the tests need ${inWords(wanted)}`
  if (process.getuid?.() !== 0 || !found('apt-get')) throw new Error(byHand)
  say(`installing ${packages.join(', ')}, once …`)
  if (!apt(install)) {
    say('again, with fresh lists of packages …')
    if (!apt(['update']) || !apt(install)) throw new Error(`apt-get failed; ${byHand}`)
  }
  const still = missing(needed)
  if (still.length > 0) throw new Error(`${still.map(({ program }) => program).join(', ')} did not come with the packages; ${byHand}`)
}

const installing = (packages: string[]): string[] => ['install', '--yes', '--no-install-recommends', ...packages]
const inWords = (wanted: readonly Program[]): string =>
  `${wanted.map((one) => `${one.program} (${one.for})`).join(', ')}; install with:
  sudo apt-get update && sudo apt-get ${installing(wanted.map((one) => one.package)).join(' ')}`

/** What of these is not here, and the command that brings it; undefined when all of it is. */
export function missingWords(names: readonly string[], isHere = found): string | undefined {
  const wanted = programs.filter(({ program }) => names.includes(program) && !isHere(program))
  return wanted.length === 0 ? undefined : inWords(wanted)
}

function apt(args: string[]): boolean {
  // The programs are wanted, not their services: at run level 1 a package starts none.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  // Another apt may be at work; its lock is waited for. All it says is talk, and goes to stderr.
  const quietly = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0']
  return spawnSync('apt-get', [...quietly, ...args], { stdio: ['ignore', 2, 2], env }).status === 0
}

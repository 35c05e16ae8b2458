import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Programs that the tests run, and the package of Debian or Ubuntu that brings each. */
const programs = [
  { program: 'chromium', package: 'chromium', for: 'the page in a real browser' },
  { program: 'certutil', package: 'libnss3-tools', for: 'a browser that trusts the certificate of the tests' },
  { program: 'openssl', package: 'openssl', for: 'certificates seen by another implementation' },
  { program: 'curl', package: 'curl', for: 'TLS and HTTP seen by another client' },
] as const

const found = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)))
const missing = () => programs.filter(({ program }) => !found(program))

/**
 * Sees to it that every program the tests need is there: nothing is ever skipped for want of one. Installs what is missing
 * where that is possible without a question, else says the exact command.
 * @throws Error with that command.
 */
export function ensurePrograms(say: (words: string) => void): void {
  const wanted = missing()
  if (wanted.length === 0) return
  const packages = wanted.map((one) => one.package)
  const install = ['install', '--yes', '--no-install-recommends', ...packages]
  const byHand = `the tests need ${wanted.map((one) => `${one.program} (${one.for})`).join(', ')}; install with:\n  sudo apt-get update && sudo apt-get ${install.join(' ')}`
  if (process.getuid?.() !== 0 || !found('apt-get')) throw new Error(byHand)
  say(`installing ${packages.join(', ')}, once …`)
  if (!apt(install)) {
    say('again, with fresh lists of packages …')
    if (!apt(['update']) || !apt(install)) throw new Error(`apt-get failed; ${byHand}`)
  }
  const still = missing()
  if (still.length > 0) throw new Error(`${still.map(({ program }) => program).join(', ')} did not come with the packages; ${byHand}`)
}

function apt(args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  // Another apt may be at work; its lock is waited for. All it says is talk, and goes to stderr.
  const quietly = ['-qq', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0']
  return spawnSync('apt-get', [...quietly, ...args], { stdio: ['ignore', 2, 2], env }).status === 0
}

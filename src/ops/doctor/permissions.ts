import { statSync } from 'node:fs'
import { join } from 'node:path'
import { storeFile } from '../../config.ts'
import { keyFile } from '../../tls/pair-files.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

interface Kept {
  path: string
  /** What others than the owner may not do. */
  mask: number
  what: string
}

const kept = ({ config: { data, store, tls }, root }: Patient): Kept[] => [
  { path: data.dir, mask: 0o022, what: 'the folder of the store' },
  { path: join(data.dir, 'master.key'), mask: 0o077, what: 'the master key' },
  ...[storeFile(store)].filter((path) => path !== undefined).map((path) => ({ path, mask: 0o077, what: 'all messages' })),
  { path: join(data.dir, 'parley.sock'), mask: 0o077, what: 'the admin socket' },
  { path: join(data.dir, 'setup-link'), mask: 0o077, what: 'the link that makes the first admin' },
  { path: join(tls.dir, keyFile), mask: 0o077, what: 'the key of the certificate' },
  { path: join(root, 'config', 'local.yaml'), mask: 0o022, what: 'the configuration' },
]

/** Nobody but the owner reads what is secret or writes what is obeyed. */
export const permissionsCheck: Check = {
  ids: ['D-PERMS'],
  at: 'home',
  look(patient) {
    const wrong = kept(patient).flatMap(wrongWith)
    return wrong.length > 0 ? wrong : [good('D-PERMS', 'Nobody else can read the secrets or change what Parley works with.')]
  },
}

function wrongWith({ path, mask, what }: Kept): Finding[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return []
  const me = process.getuid?.()
  const findings: Finding[] = []
  if ((found.mode & mask) !== 0) {
    const can = (mask & 0o044) !== 0 && (found.mode & 0o044) !== 0 ? 'read' : 'write to'
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
    findings.push(
      fault(
        'D-PERMS',
        `Others on this machine can ${can} ${path}, ${what} (mode ${mode}).`,
        `chmod ${mask === 0o077 ? 'go=' : 'go-w'} '${path}'`,
      ),
    )
  }
  if (me !== undefined && me !== 0 && found.uid !== me && found.uid !== 0)
    findings.push(
      warning('D-PERMS', `${path} belongs to the user ${found.uid}, and this is ${me}.`, `sudo -u '#${found.uid}' parley doctor`),
    )
  return findings
}

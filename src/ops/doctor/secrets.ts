import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { readSecretFile } from '../../config/secret-file.ts'
import { storeFile } from '../../config.ts'
import type { SecretRow } from '../../store/schema.ts'
import { type Finding, fault, good } from './finding.ts'
import type { Check, Patient } from './patient.ts'

/** That the next start opens what signs cookies and tokens. A server that runs has opened it already, and would not notice. */
export const secretsCheck: Check = {
  ids: ['D-SECRETS'],
  at: 'home',
  look(patient) {
    const sealed = sealedIn(patient)
    if (sealed === undefined) return [] // what cannot be read has a finding of its own
    if (sealed.length === 0) return [good('D-SECRETS', 'There are no secrets yet; the first start makes them.')]
    return [opened(patient, sealed)]
  },
}

function sealedIn({ config: { store } }: Patient): SecretRow[] | undefined {
  const file = storeFile(store)
  if (file === undefined) return undefined
  if (!existsSync(file)) return []
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 2_000 })
    try {
      return db.prepare('select * from secret').all() as SecretRow[] & Record<string, unknown>[]
    } finally {
      db.close()
    }
  } catch {
    return undefined
  }
}

function opened({ config, instruments }: Patient, sealed: SecretRow[]): Finding {
  const file = join(config.data.dir, 'master.key')
  const given = config.secrets.masterKey
  const fix = `install -m 600 BACKUP.key '${file}'   # if it is lost for good: parley restore BACKUP --new-secrets`
  const read = given === undefined ? readSecretFile(file) : { secret: given }
  if ('wrong' in read) return fault('D-SECRETS', `${read.wrong}. It seals the keys in the store: the server does not start.`, fix)
  const from = given === undefined ? file : 'secrets.masterKey'
  try {
    if (instruments.opens(sealed, read.secret)) return good('D-SECRETS', 'The master key opens the secrets in the store.')
  } catch {
    return fault('D-SECRETS', `What is in ${from} is no master key (base64 of 32 bytes): the server does not start.`, fix)
  }
  return fault('D-SECRETS', `The master key in ${from} is that of another store, and opens nothing here: the server does not start.`, fix)
}

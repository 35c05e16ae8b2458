import type { Ask } from './postgres-connection.ts'

/** A database in which "acknowledged" would not be true, or that we cannot write to. In words for whoever runs it. */
export class UnfitDatabase extends Error {
  override name = 'UnfitDatabase'
}

interface Facts {
  version: number
  encoding: string
  standby: boolean
  fsync: string
  full_page_writes: string
  synchronous_commit: string
  synchronous_standby_names: string
}

/** PostgreSQL 13: the oldest of which the partitions and the time-outs are known to hold. */
const oldest = 130_000

const rules: readonly (readonly [isWrong: (facts: Facts) => boolean, words: (facts: Facts) => string])[] = [
  [({ version }) => version < oldest, ({ version }) => `it is version ${Math.floor(version / 10_000)}; 13 is the oldest that works`],
  [
    ({ encoding }) => encoding !== 'UTF8',
    ({ encoding }) => `its encoding is ${encoding}: create database … encoding 'UTF8' template template0`,
  ],
  [({ standby }) => standby, () => 'it is a standby, which only reads: store.url must name the primary'],
  [({ fsync }) => fsync !== 'on', () => 'fsync is off, so a power cut loses what was acknowledged: set fsync = on'],
  [
    (facts) => facts.full_page_writes !== 'on',
    () => 'full_page_writes is off, so a power cut can damage pages that were written long ago: set full_page_writes = on',
  ],
  [
    (facts) => facts.synchronous_commit === 'off',
    () => 'synchronous_commit is off, so a crash loses what was acknowledged just before: set synchronous_commit = on, for this role too',
  ],
  [
    (facts) => facts.synchronous_commit === 'local' && facts.synchronous_standby_names !== '',
    () =>
      'synchronous_commit is local beside synchronous_standby_names, so a failover loses what was acknowledged just before: set it to on',
  ],
]

/** Asks as the role that will write, in whose sessions the settings may be others than in the file. Everything that must be set, in words. */
export async function unfitness(ask: Ask): Promise<string[]> {
  const [facts] = await ask<Facts>(`
    select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding,
      pg_is_in_recovery() as standby, current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
      current_setting('synchronous_commit') as synchronous_commit,
      current_setting('synchronous_standby_names') as synchronous_standby_names`)
  if (!facts) throw new UnfitDatabase('The database says nothing about itself.')
  return rules.filter(([isWrong]) => isWrong(facts)).map(([, words]) => words(facts))
}

/** @throws UnfitDatabase before anything was changed */
export async function checkFitness(ask: Ask): Promise<void> {
  const wrong = await unfitness(ask)
  if (wrong.length > 0)
    throw new UnfitDatabase(`This PostgreSQL cannot keep what Parley promises:\n${wrong.map((words) => `- ${words}`).join('\n')}`)
}

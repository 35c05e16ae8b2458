import type { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { migrations } from './migrations.ts'
import type { Ask } from './postgres-connection.ts'
import type { Tables } from './schema.ts'

/** Steps of the schema that were not taken yet, and those that were and that this version does not know. */
export interface Steps {
  missing: string[]
  unknown: string[]
}

export async function stepsOf(ask: Ask): Promise<Steps> {
  const known = Object.keys(migrations('postgres'))
  const [there] = await ask<{ found: string | null }>(`select to_regclass('kysely_migration')::text as found`)
  const taken = there?.found ? (await ask<{ name: string }>('select name from kysely_migration order by name')).map(({ name }) => name) : []
  return { missing: known.filter((name) => !taken.includes(name)), unknown: taken.filter((name) => !known.includes(name)) }
}

/** Whether a version that does not know this step can work beside those that do: it only adds what may be left empty. Its name says so. */
export const isAdditive = (step: string): boolean => step.endsWith('+')

/**
 * Brings a database up to date. One that a newer version has already brought further is served as it is, where its steps allow that.
 * @throws Error in words
 */
export async function takeSteps(db: Kysely<Tables>, { missing, unknown }: Steps): Promise<void> {
  const strange = unknown.filter((step) => !isAdditive(step))
  if (strange.length > 0 || (unknown.length > 0 && missing.length > 0))
    throw new Error(
      `A newer Parley has changed this database (${(strange.length > 0 ? strange : unknown).join(', ')}), and this one cannot work with it.`,
    )
  if (unknown.length > 0) return
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations('postgres') } })
  const { error } = await migrator.migrateToLatest()
  if (error) throw new Error('The database could not be brought up to date; nothing was changed.', { cause: error })
}

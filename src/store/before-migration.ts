import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { copyStore } from './copy.ts'

/** Copies of the store from before a newer Parley changed its form. */
export interface Safekeeping {
  /** `<data.dir>/backups`. */
  dir: string
  now: () => number
}

const kept = 3
const form = /^before-.+-(\d{8}T\d{6})\.db$/

/** `20261123T034500`, in UTC: no colon, since not every file system takes one, and sorts by time. */
export const stampOf = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\..*$/g, '')

/**
 * Keeps the store as it is, before the step `migration` changes it, and lets go of all but the last few of such copies.
 * @throws NotAStore when there can be no copy: then the store must not be changed either.
 */
export async function keepBefore(migration: string, file: string, { dir, now }: Safekeeping): Promise<string> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const to = join(dir, `before-${migration}-${stampOf(now())}.db`)
  await copyStore({ from: file, to, replace: true })
  const made = readdirSync(dir).filter((name) => form.test(name))
  const oldestFirst = made.sort((a, b) => (form.exec(a)?.[1] ?? '').localeCompare(form.exec(b)?.[1] ?? ''))
  for (const old of oldestFirst.slice(0, -kept)) rmSync(join(dir, old), { force: true })
  return to
}

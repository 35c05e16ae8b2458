import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../protocol/codes.ts'
import { acts, perform } from './acts.ts'
import type { Running } from './running.ts'
import type { setupLink } from './server-acts.ts'

/** A link for making the first account, for a terminal to show or already in a file. */
export type Offer = { url: string; expiresAt: number } & ({ shown: true } | { file: string })

/**
 * While no account exists: a link to make the first, in `<data.dir>/setup-link` (0600) unless a terminal can show it. Once there is
 * one, the file is taken away. It never goes where a log might keep it.
 */
export async function offerSetupLink(running: Running, options: { terminal: boolean }): Promise<Offer | undefined> {
  const file = join(running.house.config().data.dir, 'setup-link')
  rmSync(file, { force: true })
  try {
    const made = (await perform(acts, { act: 'setupLink', input: {} }, { house: running.house, running })) as Awaited<
      ReturnType<typeof setupLink.run>
    >
    if (options.terminal) return { ...made, shown: true }
    rmSync(`${file}.new`, { force: true })
    writeFileSync(`${file}.new`, `${made.url}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(`${file}.new`, file)
    return { ...made, file }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'conflict') return undefined
    throw error
  }
}

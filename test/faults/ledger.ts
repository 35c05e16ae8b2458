import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import type { Deployment } from './deployment.ts'
import type { Round } from './round.ts'

/** A round as it is kept: one line of JSON, so that runs can be made in pieces that add up. */
export interface Entry extends Round {
  deployment: Deployment['kind']
  /** When it was over (RFC 3339). */
  at: string
}

export const keep = (file: string, entry: Entry): void => appendFileSync(file, `${JSON.stringify(entry)}\n`)

/** Everything that was kept; what a run that was cut off began to write is left out. */
export function kept(file: string): Entry[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Entry)
}

import { styleText } from 'node:util'
import { cleanForTerminal } from '../../log/clean.ts'

/** Where a command writes: data to stdout, words to stderr. */
export interface Output {
  /** The data that was asked for: as JSON for programs, else as `text` makes it for people. */
  data<T>(value: T, options: { json?: boolean }, text: (value: T) => string): void
  /** Words for whoever sits there. */
  say(words: string): void
}

export function createOutput({ stdout, stderr }: { stdout: NodeJS.WritableStream; stderr: NodeJS.WritableStream }): Output {
  return {
    data(value, { json }, text) {
      stdout.write(`${json ? JSON.stringify(value) : text(value)}\n`)
    },
    say: (words) => void stderr.write(`${words}\n`),
  }
}

/** A column: what stands above it, and what of each row stands in it. */
export type Columns<Row> = Record<string, (row: Row) => string | number | undefined>

/** Rows under their titles. What people have typed cannot move the cursor here. */
export function table<Row>(rows: readonly Row[], columns: Columns<Row>, none: string): string {
  if (rows.length === 0) return none
  const titles = Object.keys(columns)
  const cells = rows.map((row) => Object.values(columns).map((of) => plain(of(row) ?? '')))
  const widths = titles.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]?.length ?? 0)))
  const lay = (line: string[]) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd()
  return [styleText('bold', lay(titles), { stream: process.stdout }), ...cells.map(lay)].join('\n')
}

export const plain = (value: string | number): string => String(cleanForTerminal(String(value)))

/** `2026-11-23 02:54` in UTC, as the titles say. */
export const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')

export const plural = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** What ending logins did. */
export const sayEnded = ({ logins, connections, unconfirmed }: { logins: number; connections: number; unconfirmed: number }): string =>
  logins === 0
    ? 'No login had to end.'
    : `${plural(logins, 'login')} ended, ${plural(connections, 'connection')} closed.${unconfirmed > 0 ? ` ${plural(unconfirmed, 'node')} did not answer yet.` : ''}`

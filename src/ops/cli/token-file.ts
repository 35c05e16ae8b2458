import { readFileSync } from 'node:fs'

/** What stands in a file, a line each: tokens, for commands that speak as people. */
export const linesOf = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

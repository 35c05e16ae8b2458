import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import promises from './checklist.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '../..')

/** What Parley set out to hold, by id, and the requirements of OWASP ASVS 5.0 that each is about. */
export const checklist = Object.entries(promises).map(([id, { promise, asvs }]) => ({ id, promise, asvs: asvs as string[] }))

const id = '[A-Z]{3,4}-\\d\\d'
const inTitle = new RegExp(`\\((${id}(?:, ${id})*)\\)$`)
const inSource = new RegExp(`\\((${id}(?:, ${id})*)\\)['"\`]`, 'g')

/** The ids at the end of a test's title: what it proves. */
export const idsOf = (title: string): string[] => inTitle.exec(title)?.[1]?.split(', ') ?? []

/** The ids of all titles in a file of tests, without running it. */
export const idsIn = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(inSource)].flatMap(([, ids = '']) => ids.split(', '))

/** A row of the check list in docs/security.md. */
export interface Row {
  id: string
  /** Files in bold: a test there carries the id. */
  tests: string[]
  /** What the row says besides the tests: what is not covered, or why there is none. */
  words: string
}

/** The check list as docs/security.md has it. */
export function rows(): Row[] {
  const page = readFileSync(join(root, 'docs/security.md'), 'utf8')
  return [...page.matchAll(/^\| ([A-Z]{3,4}-\d\d) \|[^|]*\|(.*)\|$/gm)].map(([, id = '', held = '']) => ({
    id,
    tests: [...held.matchAll(/\*\*`([^`]+)`\*\*/g)].map(([, file = '']) => file),
    words: held
      .replace(/\*\*`[^`]+`\*\*(?: \([^)]*\))?,?\s*/g, '')
      .trim()
      .replace(/^\.\s*/, ''),
  }))
}

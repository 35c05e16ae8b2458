import { globSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parseAst } from 'vite'

const root = join(import.meta.dirname, '../..')

/** A node of the syntax tree, as ESTree names them. */
export interface Syntax {
  type: string
  start: number
  end: number
  [field: string]: unknown
}

export interface Source {
  file: string
  text: string
  tree: Syntax
}

const languages: Record<string, 'ts' | 'tsx' | 'js'> = { '.ts': 'ts', '.tsx': 'tsx', '.js': 'js', '.cjs': 'js' }

/** Our own source files, read as a compiler reads them. */
export const sources = (pattern = 'src/**/*.{ts,tsx,js,cjs}'): Source[] =>
  globSync(pattern, { cwd: root, exclude: ['src/web/dist/**'] })
    .sort()
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return { file, text, tree: parseAst(text, { lang: languages[extname(file)] ?? 'js' }) as object as Syntax }
    })

/** Every node of a tree, outer ones first. */
export function* nodesOf(given: unknown): Generator<Syntax> {
  if (Array.isArray(given)) for (const one of given) yield* nodesOf(one)
  if (typeof given !== 'object' || given === null || !('type' in given)) return
  yield given as Syntax
  for (const inner of Object.values(given)) yield* nodesOf(inner)
}

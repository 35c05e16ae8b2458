import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Misused } from './exit.ts'

/** What stands in a file, a line each: tokens, for commands that speak as people. @throws Misused */
export const linesOf = (file: string): string[] =>
  textOf(file)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** Without this look, TLS would pass over what is none in silence. @throws Misused */
export function authorityIn(file: string): string {
  const pem = textOf(file)
  try {
    new X509Certificate(pem)
    return pem
  } catch {
    throw new Misused(`${file} holds no certificate.`)
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Misused(`${file} cannot be read (${error instanceof Error && 'code' in error ? error.code : error}).`)
  }
}

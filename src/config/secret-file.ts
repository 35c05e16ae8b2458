import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

const largest = 65_536

/** Whether a file with these permission bits is the owner's alone. Windows keeps no such bits. */
export const isPrivate = (mode: number): boolean => process.platform === 'win32' || (mode & 0o077) === 0

/**
 * The secret in a file, without the line end behind it. The file is looked at and read through one descriptor,
 * so that what was checked is what is read.
 * @returns `{ wrong }` in words that hold nothing of its content.
 */
export function readSecretFile(file: string): { secret: string } | { wrong: string } {
  let descriptor: number
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return { wrong: `${file} cannot be opened (${error instanceof Error && 'code' in error ? error.code : 'unknown'})` }
  }
  try {
    const { mode, size } = fstatSync(descriptor)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) return { wrong: `${file} is not a file` }
    if (!isPrivate(mode))
      return { wrong: `${file} can be read by others (mode ${(mode & 0o777).toString(8).padStart(4, '0')}): chmod 600 it` }
    if (size > largest) return { wrong: `${file} is larger than a secret can be` }
    const secret = readFileSync(descriptor, 'utf8').trim()
    return secret === '' ? { wrong: `${file} is empty` } : { secret }
  } finally {
    closeSync(descriptor)
  }
}

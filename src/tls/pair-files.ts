import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** PEM text of both files. `cert` is the server's certificate, followed by those that vouch for it. */
export interface Pair {
  cert: string
  key: string
}

export const certFile = 'fullchain.pem'
export const keyFile = 'privkey.pem'
export const caFile = 'ca.pem'

/** Bytes; an honest chain has a tenth of it. */
const largest = 262_144

/** `absent` is true when neither file is there. */
export type Found = { pair: Pair; warnings: string[] } | { pair: undefined; absent: boolean; reasons: string[] }

/** Both files as they are at this moment, or in words why they cannot be read. */
export async function readPair(dir: string): Promise<Found> {
  const [cert, key] = await Promise.all([readPem(dir, certFile), readPem(dir, keyFile)])
  if ('text' in cert && 'text' in key) {
    const warnings = (key.mode & 0o004) === 0 ? [] : [`everybody on this machine can read ${keyFile}: chmod 600 it`]
    return { pair: { cert: cert.text, key: key.text }, warnings }
  }
  const flaws = [cert, key].filter((file) => 'reason' in file)
  return { pair: undefined, absent: flaws.length === 2 && flaws.every((flaw) => flaw.absent), reasons: flaws.map(({ reason }) => reason) }
}

async function readPem(dir: string, name: string): Promise<{ text: string; mode: number } | { reason: string; absent: boolean }> {
  try {
    // Not blocking: a pipe of that name would hang the start for ever.
    await using file = await open(join(dir, name), constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await file.stat()
    if (!stats.isFile()) return { reason: `${name} is not a file`, absent: false }
    if (stats.size > largest) return { reason: `${name} is larger than ${largest} bytes, which no chain and no key is`, absent: false }
    return { text: await file.readFile('latin1'), mode: stats.mode }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    // A folder that is a file, or a link to nowhere, is a fault to be said; it is not as if nothing were there.
    return code === 'ENOENT'
      ? { reason: `${name} is missing`, absent: true }
      : { reason: `${name} cannot be read (${code})`, absent: false }
  }
}

/** The same for the same contents, and tells neither. */
export const contentOf = ({ cert, key }: Pair): string => createHash('sha256').update(`${cert}\0${key}`).digest('base64url')

/**
 * Puts a pair and the development CA behind it into a directory, made if missing. Each file is whole or not there, also after a
 * power cut, and nobody else can read the key at any moment. What root puts there belongs to the owner of the directory, or the server
 * could not read it.
 */
export async function writePair(dir: string, { cert, key, ca }: Pair & { ca?: string }): Promise<void> {
  await mkdir(dir, { recursive: true })
  const { uid, gid } = await stat(dir)
  const suffix = randomBytes(6).toString('hex')
  const files = [
    ...(ca === undefined ? [] : [{ name: caFile, text: ca, mode: 0o644 }]),
    { name: keyFile, text: key, mode: 0o600 },
    { name: certFile, text: cert, mode: 0o644 },
  ].map((file) => ({ ...file, draft: join(dir, `.${file.name}.${suffix}`) }))
  try {
    for (const { draft, text, mode } of files) {
      await using file = await open(draft, 'wx', mode)
      await file.chmod(mode) // whatever the umask: the authority is there to be given away
      if (process.getuid?.() === 0) await file.chown(uid, gid)
      await file.writeFile(text)
      await file.sync()
    }
    for (const { draft, name } of files) await rename(draft, join(dir, name))
    await using folder = await open(dir, 'r')
    await folder.sync()
  } finally {
    for (const { draft } of files) await rm(draft, { force: true })
  }
}

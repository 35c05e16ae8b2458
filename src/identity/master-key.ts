import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'

/** Thrown when what was sealed does not open: another master key, or a store that was tampered with. */
export class WrongMasterKey extends Error {
  override name = 'WrongMasterKey'
}

/**
 * The key that seals the secrets in the store: `given` (base64 of 32 bytes), else the file's, else a new one that is written there, 0600.
 * @param needed something is sealed already: a new key would open nothing, and might be taken for the right one.
 * @throws Error when it is not 32 bytes, when others may read the file, or when it is needed and not there.
 */
export function openMasterKey({ file, given, needed = false }: Place): KeyObject {
  if (given !== undefined) return toKey(given, 'secrets.masterKey')
  const text = read(file)
  if (text === undefined && needed) {
    throw new Error(
      `${file} is missing. It seals the keys in the store: put it back from a backup. If it is lost for good: parley restore FILE --new-secrets, after which everybody signs in again.`,
    )
  }
  return toKey(text ?? make(file), file)
}

interface Place {
  file: string
  given?: string | undefined
  needed?: boolean
}

function read(file: string): string | undefined {
  try {
    const shared = statSync(file).mode & 0o077
    if (shared !== 0) throw new Error(`${file} may be read by others. Run: chmod 600 ${file}`)
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Written beside and linked, so that a half-written key never carries the name and of two makers one wins. */
function make(file: string): string {
  const beside = `${file}.${randomBytes(6).toString('hex')}`
  writeFileSync(beside, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(beside, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    unlinkSync(beside)
  }
  return readFileSync(file, 'utf8')
}

function toKey(text: string, from: string): KeyObject {
  const bytes = Buffer.from(text.trim(), 'base64')
  // Buffer.from skips what is no base64, so the way back is compared; without the padding, which people leave out.
  const same = bytes.toString('base64').replace(/=+$/, '') === text.trim().replace(/=+$/, '')
  if (bytes.length !== 32 || !same) throw new Error(`The master key from ${from} is not base64 of 32 bytes.`)
  return createSecretKey(bytes)
}

export interface Seal {
  /** `purpose` must be named again to open it: a sealed secret cannot be put in another's place. */
  seal(purpose: string, plain: Uint8Array): string
  /** @throws WrongMasterKey */
  open(purpose: string, sealed: string): Buffer
}

const version = 1
const ivBytes = 12
const tagBytes = 16

/** AES-256-GCM (NIST SP 800-38D): version, 96-bit nonce, text, 128-bit tag; base64url. */
export function createSeal(key: KeyObject): Seal {
  return {
    seal(purpose, plain) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes }).setAAD(Buffer.from(purpose))
      return Buffer.concat([Buffer.of(version), iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(purpose, sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      try {
        if (bytes.length < 1 + ivBytes + tagBytes || bytes[0] !== version) throw new Error('not sealed by this version')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + ivBytes), { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-tagBytes))
        return Buffer.concat([decipher.update(bytes.subarray(1 + ivBytes, -tagBytes)), decipher.final()])
      } catch (cause) {
        throw new WrongMasterKey('The master key does not open the secrets in the store. Give the key this store was made with.', { cause })
      }
    },
  }
}

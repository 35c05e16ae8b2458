import { createHash, randomBytes } from 'node:crypto'

/** 128 random bits as 22 letters: ids, login handles, codes in links. None begins with a hyphen, which a command line would take for an option. */
export function randomId(): string {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? randomId() : id
}

/** SHA-256, base64url. What is stored of a secret that is random enough to need no salt. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

import { randomBytes, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../protocol/codes.ts'
import { isCommon } from './common-passwords.ts'
import { derive } from './hash-threads.ts'
import { createTurnstile } from './turnstile.ts'

/** Memory in KiB, passes, lanes. OWASP's first choice for argon2id; raising them rehashes each password at its next sign-in. */
export const cost = { memory: 19_456, passes: 2, parallelism: 1 }
/** Code points: what NIST SP 800-63B-4 asks of a password that stands alone. Common ones are refused besides. */
export const shortest = 15
/** Bytes of UTF-8: bounds what one guess may cost, and is far from any sentence a person types. */
export const longest = 1_024

const tagLength = 32

export interface Passwords {
  /** A PHC string. @throws Refusal invalid (says what is missing) · unavailable. */
  hash(password: string, name: string): Promise<string>
  /**
   * `stored` null: costs the same and is never right. `stale`: right, but hashed with less than today's cost.
   * @param known the account, on a device of its own: it does not wait behind a crowd of strangers.
   * @throws Refusal unavailable
   */
  verify(password: string, stored: string | null, known?: string): Promise<{ right: boolean; stale: boolean }>
  /** Whether there is room for a stranger's password: asked before anything else is done about it. @throws Refusal unavailable */
  checkRoom(): void
  /** Hashes without asking whether it is good: for a password that was good when it was chosen. */
  rehash(password: string): Promise<string>
}

/** Passwords as argon2id hashes (RFC 9106), derived on threads of their own, a few at a time. */
export function createPasswords({ atOnce, queue }: { atOnce: () => number; queue: () => number }): Passwords {
  const { pass, checkRoom } = createTurnstile({ atOnce, queue })

  async function rehash(password: string): Promise<string> {
    const nonce = randomBytes(16)
    const tag = await pass((alone) => derive({ message: normal(password), nonce, tagLength, ...cost }, alone))
    return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${plain64(nonce)}$${plain64(tag)}`
  }

  return {
    rehash,
    checkRoom,

    async hash(password, name) {
      const fault = faultOf(password, name)
      if (fault) throw new Refusal('invalid', fault)
      return rehash(password)
    },

    async verify(password, stored, known) {
      const parsed = stored === null ? undefined : parse(stored)
      const { nonce, tag, memory, passes, parallelism } = parsed ?? dummy
      const message = isLong(password) ? '' : normal(password)
      const asked = { message, nonce, tagLength: tag.length, memory, passes, parallelism }
      const derived = await pass((alone) => derive(asked, alone), known)
      const right = timingSafeEqual(derived, tag) && parsed !== undefined && message !== ''
      return { right, stale: memory < cost.memory || passes < cost.passes || parallelism < cost.parallelism }
    },
  }
}

/** NFKC, so that the same keys on another machine give the same password. Nothing is cut off and no case is folded. */
const normal = (password: string): string => password.normalize('NFKC')
// Some characters become 18 under NFKC, so the length is looked at before and after.
const isLong = (password: string): boolean => password.length > longest || Buffer.byteLength(normal(password)) > longest

function faultOf(password: string, name: string): string | undefined {
  if (!password.isWellFormed()) return 'The password has characters that are not Unicode.'
  if (isLong(password)) return `The password may have at most ${longest} bytes.`
  if ([...normal(password)].length < shortest)
    return `The password needs at least ${shortest} characters. Any will do; a few words are good.`
  const folded = normal(password).toLowerCase()
  if (isCommon(folded)) return 'That password is one of the first that others would try.'
  if (name.length >= 3 && folded.replaceAll(name.toLowerCase(), '').length < 6) return 'The password is little more than the name.'
  return undefined
}

interface Parsed {
  nonce: Buffer
  tag: Buffer
  memory: number
  passes: number
  parallelism: number
}

/** Compared against when there is no such account, so that this takes as long. Nothing hashes to it. */
const dummy: Parsed = { nonce: randomBytes(16), tag: randomBytes(tagLength), ...cost }

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Undefined for anything that is not such a string: a damaged row refuses its person and nobody else. */
/** KiB, and rounds: what asks for more than any of ours is a damaged row, and would take the machine with it. */
const most = { memory: 1_048_576, passes: 64, parallelism: 16 }

function parse(stored: string): Parsed | undefined {
  const [, memory, passes, parallelism, nonce, tag] = phc.exec(stored) ?? []
  if (nonce === undefined || tag === undefined) return undefined
  if (Number(memory) > most.memory || Number(passes) > most.passes || Number(parallelism) > most.parallelism) return undefined
  return {
    nonce: Buffer.from(nonce, 'base64'),
    tag: Buffer.from(tag, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  }
}

const plain64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

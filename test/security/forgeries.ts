import { createHmac } from 'node:crypto'
import type { Chance } from '../gateway/chance.ts'

const letters = [...'ABCXYZabcxyz0189-_.=+/ ~%,;:"\'<>{}()[]@!$&*']
const b64 = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** The text changed in one to three places: a letter, a piece, a doubling. */
export function bent(text: string, { below, pick }: Chance): string {
  let one = text
  for (let times = 1 + below(3); times > 0; times--) {
    const at = below(one.length)
    const changes = [
      () => one.slice(0, at) + pick(letters) + one.slice(at + 1),
      () => one.slice(0, at) + pick(letters) + one.slice(at),
      () => one.slice(0, at) + one.slice(at + 1 + below(20)),
      () => one.slice(0, at) + one.slice(at).toUpperCase(),
      () => one.slice(at) + one.slice(0, at),
      () => one.slice(0, at) + one.slice(below(one.length)),
    ]
    one = pick(changes)().slice(0, 3000)
  }
  return one
}

/** Header, claims or signature that are not what was signed; or text that never was a token. */
export function forgedToken(token: string, other: string, luck: Chance): string {
  const { pick, below } = luck
  const [header = '', payload = '', signature = ''] = token.split('.')
  const read = (part: string) => JSON.parse(String(Buffer.from(part, 'base64url'))) as object
  const odd = pick<unknown>([null, true, '', 0, -1, 1e308, [], {}, 'none', 'HS256', 'at+jwt', '../../etc/passwd', "' or 1=1 --", 2 ** 53])
  const name = (names: string) => pick(names.split(' '))
  const moreHeader = { [name('alg typ kid jku jwk x5u x5c crit b64 zip __proto__')]: odd }
  const moreClaims = { [name('iss aud sub sid scope exp iat nbf jti role __proto__')]: below(2) === 0 ? odd : 9_999_999_999 }
  const body = [
    `${b64({ ...read(header), ...moreHeader })}.${payload}`,
    `${header}.${b64({ ...read(payload), ...moreClaims, x: below(1e9) })}`,
  ]
  const forged = [
    () => `${pick(body)}.${signature}`,
    () => `${b64({ alg: 'none', typ: 'at+jwt' })}.${payload}.`,
    () =>
      `${body[1]}.${createHmac('sha256', payload)
        .update(body[1] ?? '')
        .digest('base64url')}`,
    () => `${header}.${payload}.${b64(Buffer.alloc(64, below(256)).toString('latin1'))}`,
    () => `${header}.${other.split('.')[1]}.${signature}`,
    () => bent(token, luck),
  ]
  const one = pick(forged)().replace(/[^\x21-\x7e]/g, '')
  return [token, other].includes(one) ? `${one}x` : one
}

/** A request that is damaged somewhere: a line left out, doubled, moved or bent; a bit flipped; the end cut off. */
export function damaged(request: string, luck: Chance): Buffer {
  const { below, pick } = luck
  const lines = request.split('\r\n').slice(0, -2)
  for (let times = below(3); times > 0; times--) {
    const at = below(lines.length)
    const line = lines[at] ?? ''
    const changes = [
      () => lines.splice(at, 1),
      () => lines.splice(at, 0, line),
      () => lines.splice(below(lines.length), 0, ...lines.splice(at, 1)),
      () => lines.splice(at, 1, bent(line || 'x', luck)),
      () => lines.splice(at, 1, line.replace(/:.*/, `: ${pick(['', '\0', 'é', 'x'.repeat(below(9000)), ',,,', '0', '-1', 'chunked'])}`)),
      () =>
        lines.splice(
          at,
          0,
          pick(['Content-Length: 5', 'Transfer-Encoding: chunked', ' folded', 'Expect: 100-continue', '__proto__: x', ': x']),
        ),
      () => lines.splice(at, 1, line.replace(/ /g, pick(['', '\t', '  ', '\v']))),
    ]
    pick(changes)()
  }
  const bytes = Buffer.from(`${lines.join(pick(['\r\n', '\r\n', '\r\n', '\n']))}\r\n\r\n`, pick(['utf8', 'latin1']))
  for (let flips = below(2) * below(8); flips > 0; flips--) {
    const at = below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
  }
  return below(20) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes
}

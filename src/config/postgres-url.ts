import { isLoopback } from './address.ts'

/** Where a PostgreSQL is. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a unix socket. */
  host: string
  port: number
  user: string
  password?: string
  database: string
  /** Its certificate is checked, its name too. `caFile` names the authority that signed it, when that is not one of the well-known. */
  tls?: { caFile?: string }
}

export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)

const known = ['host', 'sslmode', 'sslrootcert']

/**
 * `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE[?sslmode=…&sslrootcert=…]`; `?host=/FOLDER` for a unix socket. What it says is
 * wrong never holds a piece of the address, which may hold a password.
 */
export function readPostgresUrl(written: string): PostgresPlace | { wrong: string } {
  const url = URL.parse(written)
  if (url === null || !isPostgres(written)) return { wrong: 'is not an address of the form postgres://USER@HOST/DATABASE' }
  const stranger = [...url.searchParams.keys()].find((name) => !known.includes(name))
  if (stranger !== undefined) return { wrong: `may say ${known.join(', ')} behind the question mark, and nothing else` }
  const read = pieces(url)
  if (!read) return { wrong: 'holds a % that is no %XX' }
  const { user, password, database, host } = read
  if (user === '') return { wrong: 'names no user: postgres://USER@HOST/DATABASE' }
  if (database === '' || database.includes('/')) return { wrong: 'names no database: postgres://USER@HOST/DATABASE' }
  if (host === '') return { wrong: 'names no host: postgres://USER@HOST/DATABASE, or ?host=/FOLDER for a unix socket' }
  const tls = tlsOf(url.searchParams, host)
  if (tls !== undefined && 'wrong' in tls) return tls
  return { host, port: Number(url.port || 5432), user, ...(password !== '' && { password }), database, ...(tls && { tls }) }
}

function pieces(url: URL): { user: string; password: string; database: string; host: string } | undefined {
  try {
    const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1')
    const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decodeURIComponent)
    return { user: user ?? '', password: password ?? '', database: database ?? '', host }
  } catch {
    return undefined
  }
}

/** On this machine nobody listens in; to every other one there is TLS that knows whom it speaks to, or nothing. */
function tlsOf(asked: URLSearchParams, host: string): { caFile?: string } | { wrong: string } | undefined {
  const isHere = host.startsWith('/') || isLoopback(host)
  const mode = asked.get('sslmode') ?? (isHere && !asked.has('sslrootcert') ? 'disable' : 'verify-full')
  const caFile = asked.get('sslrootcert')
  if (mode === 'verify-full') return caFile === null ? {} : { caFile }
  if (mode === 'disable' && isHere) return caFile === null ? undefined : { wrong: 'names an sslrootcert beside sslmode=disable' }
  return {
    wrong: isHere
      ? 'takes sslmode=disable or sslmode=verify-full'
      : 'must say sslmode=verify-full, or leave sslmode out, which is the same: anything else sends messages and password hashes to whoever answers for a database on another machine. sslrootcert=FILE names an authority of your own',
  }
}

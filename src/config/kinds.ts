import { isIP } from 'node:net'
import * as v from 'valibot'

/** A kind of value: how it is read from YAML or from an environment variable, what is allowed, how it is shown. */
export interface Kind<T> {
  check: v.GenericSchema<unknown, T>
  /** Words that follow "Allowed:". */
  allowed: string
  /** When the value is one of a few words: those words, for "Did you mean". */
  options?: readonly string[]
  say?(value: T): string
}

/** A number, perhaps with a unit behind it: `units` tells what each one multiplies with, the empty one included. */
function measured(
  units: Readonly<Record<string, number>>,
  min: number,
  max: number,
  noun: string,
  example: string,
  say: (value: number) => string,
): Kind<number> {
  const form = new RegExp(`^(\\d{1,15})(${Object.keys(units).join('|')})$`)
  const written = v.pipe(
    v.string(),
    v.trim(),
    v.transform((text) => {
      const [, digits, unit] = form.exec(text) ?? []
      return digits === undefined ? Number.NaN : Number(digits) * (units[unit ?? ''] ?? Number.NaN)
    }),
  )
  return {
    check: v.pipe(
      v.union([v.number(), written], 'is not a number'),
      v.safeInteger(`is not ${noun}`),
      v.minValue(min, 'is too small'),
      v.maxValue(max, 'is too large'),
    ),
    allowed: `${noun}${example}, ${say(min)} to ${say(max)}`,
    say,
  }
}

const durations = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizes = { B: 1, KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 }

/** The largest unit that leaves no rest: 90000 → `90s`. */
function sayWith(units: Readonly<Record<string, number>>): (value: number) => string {
  const largestFirst = Object.entries(units).sort(([, a], [, b]) => b - a)
  return (value) => {
    const [unit, size] = largestFirst.find(([, factor]) => value > 0 && value % factor === 0) ?? ['', 1]
    return `${value / size}${unit}`
  }
}

export const count = (min: number, max: number): Kind<number> => measured({ '': 1 }, min, max, 'a whole number', '', String)

/** Milliseconds, written as `250ms`, `15s`, `10m`, `12h`, `14d` or as a bare number of ms. */
export const duration = (min: string, max: string): Kind<number> => {
  const ms = (text: string) => v.parse(measured({ ...durations, '': 1 }, 0, Number.MAX_SAFE_INTEGER, '', '', String).check, text)
  return measured({ ...durations, '': 1 }, ms(min), ms(max), 'a duration', ' such as 250ms, 15s, 10m, 12h, 14d', sayWith(durations))
}

/** Bytes, written as a bare number or as `64KiB`, `1MiB`. */
export const bytes = (min: number, max: number): Kind<number> =>
  measured({ ...sizes, '': 1 }, min, max, 'a number of bytes', ' such as 65536 or 64KiB', sayWith(sizes))

export const choice = <const Options extends readonly string[]>(...options: Options): Kind<Options[number]> => ({
  // YAML reads `1.3` as a number and `yes` as text; what is meant is the word as it was written.
  check: v.pipe(v.union([v.string(), v.pipe(v.number(), v.transform(String))], 'is not a word'), v.picklist(options, 'is not known')),
  allowed: options.join(' | '),
  options,
})

export const flag: Kind<boolean> = {
  check: v.union(
    [
      v.boolean(),
      v.pipe(
        v.picklist(['true', 'false']),
        v.transform((word) => word === 'true'),
      ),
    ],
    'is neither true nor false',
  ),
  allowed: 'true | false',
  options: ['true', 'false'],
}

export const text = (allowed: string, form: RegExp): Kind<string> => ({
  check: v.pipe(v.string('is not text'), v.trim(), v.regex(form, 'has another form')),
  allowed,
})

/** A name or address to listen on. */
export const host: Kind<string> = {
  check: v.pipe(
    v.string('is not text'),
    v.trim(),
    v.check(
      (name) => isIP(name) > 0 || /^(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/.test(name),
      'is not a host name or an IP address',
    ),
  ),
  allowed: 'an IP address or a host name, without a port',
}

/** Somebody else's address. */
export const hostAndPort: Kind<string> = {
  check: v.pipe(
    v.string('is not text'),
    v.trim(),
    v.check((written) => {
      const [, name = '', port] = /^(.+):(\d{1,5})$/.exec(written) ?? []
      const isPort = port !== undefined && Number(port) > 0 && Number(port) <= 65_535
      return isPort && (/^\[.*\]$/.test(name) ? isIP(name.slice(1, -1)) === 6 : v.is(host.check, name) && isIP(name) !== 6)
    }, 'is not a host with a port'),
  ),
  allowed: 'HOST:PORT, or [ADDRESS]:PORT for IPv6',
}

const originOf = (address: string): string => {
  const url = URL.parse(address)
  if (url === null || url.origin === 'null') return ''
  return url.username || url.password || url.search || url.hash || url.pathname !== '/' || address.includes('*') ? '' : url.origin
}

/** `https://host` or `https://host:port` and nothing behind it; a browser speaks to Parley over TLS or not at all. */
export const origin: Kind<string> = {
  check: v.pipe(
    v.string('is not text'),
    v.trim(),
    v.check((address) => URL.canParse(address), 'is not a web address'),
    v.check((address) => address.startsWith('https://'), 'does not begin with https://'),
    v.check((address) => originOf(address) !== '', 'is more than scheme, host and port'),
    v.transform(originOf),
  ),
  allowed: 'https://HOST or https://HOST:PORT, without a path',
}

const atCommas = (value: unknown): unknown =>
  typeof value === 'string'
    ? value
        .split(',')
        .map((item) => item.trim())
        .filter(Boolean)
    : value

export const list = <T>(kind: Kind<T>): Kind<readonly T[]> => ({
  check: v.pipe(v.unknown(), v.transform(atCommas), v.array(kind.check, 'is not a list'), v.readonly()),
  allowed: `a list; each one ${kind.allowed}`,
  say: (values) => values.map(kind.say ?? String).join(', '),
})

const network = v.pipe(
  v.string(),
  v.check((written) => {
    if (['loopback', 'linklocal', 'uniquelocal'].includes(written)) return true
    const [address = '', prefix, more] = written.split('/')
    const family = isIP(address)
    if (family === 0 || more !== undefined) return false
    // Of no bits at all would be everybody: `true` by another name.
    return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128))
  }, 'names something that is not an address or a network'),
)

/**
 * Which proxies in front may name the client's address: how many hops, or which addresses; 0 is none.
 * `true` is refused on purpose: it would let any client choose its own address.
 */
export const proxies: Kind<number | readonly string[]> = {
  check: v.pipe(
    v.unknown(),
    v.check((value) => value !== true && value !== 'true', 'would let every client choose its own address'),
    v.transform((value) =>
      value === false || value === 'false' ? 0 : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ),
    v.union(
      [
        v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10)),
        v.pipe(v.unknown(), v.transform(atCommas), v.array(network), v.minLength(1), v.readonly()),
      ],
      'is neither a number of hops nor a list of addresses',
    ),
  ),
  allowed:
    'the number of proxies in front (0 to 10), or a list of their addresses or networks; loopback, linklocal, uniquelocal name those ranges',
  say: (value) => (typeof value === 'number' ? String(value) : value.join(', ')),
}

/** 32 bytes of key in base64. */
export const key: Kind<string> = {
  check: v.pipe(
    v.string('is not text'),
    v.trim(),
    v.check(
      (written) => Buffer.from(written, 'base64').length === 32 && /^[A-Za-z0-9+/]{43}=?$/.test(written),
      'is not 32 bytes in base64',
    ),
  ),
  allowed: '32 random bytes in base64 (openssl rand -base64 32)',
}

/** May be left empty: then the value is undefined and the words beside the setting say what holds. */
export const optional = <T>({ check, allowed, say, options }: Kind<T>): Kind<T | undefined> => ({
  check: v.pipe(
    v.nullable(check),
    v.transform((value) => value ?? undefined),
  ),
  allowed: `${allowed}; or nothing`,
  ...(options && { options }),
  say: (value) => (value === undefined ? '' : (say ?? String)(value)),
})

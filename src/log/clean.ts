/** Values under such a name are never written. Numbers and booleans are: `tokens: 3` is a count. */
const secretName =
  /cookie|authori[sz]ation|passw|passphrase|token|ticket|secret|csrf|^sid$|session.?id|master.?key|private.?key|^headers$|^body$/i

/** What a secret looks like wherever it turns up: a personal token, a bearer header, our cookie. */
const secretShape = /parley_pat_[\w-]+|\bbearer\s+[\w.~+/-]+=*|__Host-Http-parley=[^;\s"\\]+/gi
/** Words that dots hold together, as in a JWT; each is looked at once, however long. */
const chains = /(?<![\w-])[\w-]+(?:\.[\w-]*){2,}/g

/** What JSON leaves as it is although terminals and line readers act on it: DEL, C1, line separators, writing direction. */
const unsafe = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** The same and the rest of C0, for text that does not pass through JSON again before a terminal shows it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this looks for
const unsafeOnTerminal = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const asEscape = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

const removed = '[removed]'
const deepest = 5
const longestList = 50
const longestText = 8_192

/** Fields as they may be written: no secret, no headers, no bodies, bounded in depth, width and length. */
export const cleanFields = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, longestList)
      .map(([name, value]) => [name, cleanUnder(name, value, 1)]),
  )

const cleanUnder = (name: string, value: unknown, depth: number): unknown =>
  secretName.test(name) && (typeof value === 'string' || typeof value === 'object') && value !== null ? removed : clean(value, depth)

export function clean(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value.length > longestText ? `${value.slice(0, longestText)}…` : value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? undefined : value
  if (depth > deepest) return '[deeper]'
  if (value instanceof Error) return cleanError(value, depth)
  if (Array.isArray(value)) return value.slice(0, longestList).map((item) => clean(item, depth + 1))
  if (value instanceof Date || value instanceof URL) return value.toString().split('?')[0]
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if ('method' in value && 'url' in value && 'headers' in value) return cleanRequest(value, depth)
  const kind = Object.getPrototypeOf(value)
  // Sockets, responses, streams, maps: what hangs on them is nobody's business in a log.
  if (kind !== null && kind !== Object.prototype) return `[${value.constructor?.name ?? 'object'}]`
  const entries = Object.entries(value).slice(0, longestList)
  return Object.fromEntries(entries.map(([name, inner]) => [name, cleanUnder(name, inner, depth + 1)]))
}

/** Name, code, words and the frames of the stack: libraries hang whole requests on their errors. */
function cleanError(error: Error & { code?: unknown }, depth: number): Record<string, unknown> {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return {
    type: error.name,
    ...((typeof error.code === 'string' || typeof error.code === 'number') && { code: error.code }),
    message: clean(error.message, depth),
    stack: frames.slice(0, longestList).join('\n'),
    ...(error.cause !== undefined && { cause: clean(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: clean(error.errors, depth + 1) }),
  }
}

/** The query stays out: people put tokens there although nothing here reads them. */
const cleanRequest = (request: { method: unknown; url: unknown }, depth: number) => ({
  method: clean(request.method, depth),
  path: typeof request.url === 'string' ? clean(request.url.split('?')[0], depth) : undefined,
})

/** A whole line of JSON, just before it is written. */
export const cleanLine = (line: string): string => {
  const open = line.includes('eyJ') ? line.replace(chains, withoutToken) : line
  return open.replace(secretShape, removed).replace(unsafe, asEscape)
}

/** A JWT begins with `{"` in base64url, whatever it is glued to, and has three parts. All that hangs on it goes with it. */
function withoutToken(chain: string): string {
  const parts = chain.split('.')
  const lengthOf = (part: string) => (part.includes('eyJ') ? part.length - part.indexOf('eyJ') : 0)
  const at = parts.findIndex((part, i) => lengthOf(part) >= 11 && (parts[i + 1]?.length ?? 0) >= 8 && i + 2 < parts.length)
  if (at < 0) return chain
  const head = parts[at] ?? ''
  return [...parts.slice(0, at), head.slice(0, head.indexOf('eyJ')) + removed].join('.')
}

/** Text for a terminal: what could move the cursor or begin a line of its own is shown, not done. */
export function cleanForTerminal(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    return name === 'stack'
      ? value
          .split('\n')
          .map((frame) => frame.replace(unsafeOnTerminal, asEscape))
          .join('\n')
      : value.replace(unsafeOnTerminal, asEscape)
  }
  if (Array.isArray(value)) return value.map((item) => cleanForTerminal(item))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [String(cleanForTerminal(key)), cleanForTerminal(inner, key)]))
}

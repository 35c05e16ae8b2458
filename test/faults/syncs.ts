/** One system call on a file, as strace(1) writes it with -f -ttt. */
export interface Call {
  /** ms since 1970. */
  begun: number
  name: string
  /** What it was given, and what it gave back. */
  words: string
  ok: boolean
}

/**
 * Reads what strace wrote. A call that another thread's came between is written as two halves; it counts with its beginning, and
 * is there when it has ended.
 */
export function callsIn(trace: string): Call[] {
  const calls: Call[] = []
  const unfinished = new Map<string, Call>()
  for (const line of trace.split('\n')) {
    const [, pid = '', at = '', rest = ''] = /^(\d+)\s+(\d+\.\d+)\s(.*)$/.exec(line) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest)
    if (resumed) {
      const call = unfinished.get(pid)
      unfinished.delete(pid)
      if (call) calls.push({ ...call, words: call.words + resumed[2], ok: isOk(resumed[2] ?? '') })
      continue
    }
    const [, name = '', words = ''] = /^(\w+)\((.*)$/.exec(rest) ?? []
    if (name === '') continue
    const call = { begun: Number(at) * 1000, name, words, ok: isOk(words) }
    if (words.endsWith('<unfinished ...>')) unfinished.set(pid, call)
    else calls.push(call)
  }
  return calls.sort((a, b) => a.begun - b.begun)
}

const isOk = (words: string) => / = \d+/.test(words)

const isSync = ({ name, ok }: Call) => ok && (name === 'fdatasync' || name === 'fsync')

/**
 * When what names this key was synced: the beginning of the first sync that began after it was written, and nothing where none did.
 * @returns ms since 1970
 */
export function syncOf(calls: readonly Call[], key: string): number | undefined {
  const written = calls.findIndex(({ name, words }) => name.startsWith('pwrite') && words.includes(key))
  if (written < 0) return undefined
  return calls.slice(written + 1).find(isSync)?.begun
}

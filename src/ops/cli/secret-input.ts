import type { ReadStream } from 'node:tty'
import { Misused } from './exit.ts'

/** Characters; what makes a good password is for others to say. */
const longest = 4_096

interface Asked {
  /** `--password-stdin` was given. */
  fromStdin: boolean
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  say: (words: string) => void
}

/**
 * A password from stdin, or typed on a terminal that does not show it. Never from an argument: those stand in the list of processes
 * and in the shell's history.
 * @throws Misused
 */
export async function readPassword({ fromStdin, stdin, say }: Asked): Promise<string> {
  if (isTerminal(stdin)) return checked(await typed(stdin, fromStdin ? 1 : 2, say))
  if (!fromStdin) throw new Misused('A password comes from stdin: give --password-stdin, or run this on a terminal to type it.')
  return checked(await piped(stdin))
}

async function piped(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > longest) throw new Misused('The password on stdin is too long.')
  }
  return text.replace(/\r?\n$/, '')
}

function checked(password: string): string {
  if (password === '') throw new Misused('No password came.')
  if (/[\r\n]/.test(password)) throw new Misused('The password on stdin must be one line.')
  return password
}

const isTerminal = (stdin: Asked['stdin']): stdin is ReadStream => stdin.isTTY === true

/** Keys as a terminal in raw mode sends them. */
const keys = { interrupt: '\u0003', end: '\u0004', clear: '\u0015', erase: ['\u007f', '\b'], enter: ['\r', '\n'] }

/** Typed unseen, as often as `times`, always the same. */
async function typed(stdin: ReadStream, times: 1 | 2, say: (words: string) => void): Promise<string> {
  const keyboard = keysOf(stdin)
  stdin.setRawMode(true)
  try {
    const first = await line(keyboard, 'Password: ', say)
    if (times === 2 && (await line(keyboard, 'Once more: ', say)) !== first) throw new Misused('These were two different passwords.')
    return first
  } finally {
    stdin.setRawMode(false)
    await keyboard.return(undefined)
    stdin.pause()
  }
}

async function* keysOf(stdin: ReadStream): AsyncGenerator<string, undefined> {
  stdin.setEncoding('utf8')
  for await (const chunk of stdin.iterator({ destroyOnReturn: false })) yield* String(chunk)
  return undefined
}

async function line(keyboard: AsyncGenerator<string, undefined>, prompt: string, say: (words: string) => void): Promise<string> {
  process.stderr.write(prompt)
  let given: string[] = []
  for (;;) {
    const { value: key } = await keyboard.next()
    if (key === keys.interrupt) throw new Error('\nStopped; nothing was done.')
    if (key === undefined || key === keys.end || keys.enter.includes(key)) break
    if (keys.erase.includes(key)) given.pop()
    else if (key === keys.clear) given = []
    else if (given.length < longest) given.push(key)
  }
  say('')
  return given.join('')
}

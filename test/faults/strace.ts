import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { whereIs } from '../setup.ts'

/** Why system calls cannot be tampered with here, where they cannot. */
export function noStrace(): string | undefined {
  if (whereIs('strace') === undefined) return 'strace is not there'
  const { status } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'])
  return status === 0 ? undefined : 'strace may not trace here (it needs root, or ptrace)'
}

/**
 * Traces all threads of processes that run, and what they start, until the answer is called.
 * @param options of strace(1)
 * @throws Error with what strace said
 */
export async function attach(pids: readonly number[], options: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn('strace', ['-f', ...pids.flatMap((pid) => ['-p', `${pid}`]), ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'exit')
  let said = ''
  await new Promise<void>((attached, failed) => {
    child.stderr.on('data', (chunk) => {
      said += String(chunk)
      if (pids.every((pid) => said.includes(`Process ${pid} attached`))) attached()
    })
    child.once('exit', () => failed(new Error(`strace could not attach: ${said}`)))
  })
  return async () => {
    child.kill('SIGINT')
    await ended
  }
}

/**
 * Lets system calls on one file fail or wait, until the answer is called.
 * @param inject as strace(1) writes it: `fdatasync:error=EIO`
 */
export const tamper = (pid: number, file: string, inject: string): Promise<() => Promise<void>> =>
  attach([pid], ['-P', file, '-e', `trace=${inject.split(':', 1)[0]}`, '-e', `inject=${inject}`, '-o', '/dev/null'])

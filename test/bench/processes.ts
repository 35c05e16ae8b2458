import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { whereIs } from '../setup.ts'

/** Servers have one core, whatever makes the load another, so that neither takes time from the other. */
const cores = { server: '0', load: '1' }

/** What comes before a program so that it runs on the core for its part; on a machine with one core, or without taskset, nothing. */
const pinned = (part: keyof typeof cores): string[] =>
  availableParallelism() > 1 && whereIs('taskset') !== undefined ? ['taskset', '--cpu-list', cores[part]] : []

/** A process of Node, with a channel to it. @param piped what it prints can be read */
export function startOn(
  part: keyof typeof cores,
  args: string[],
  { env = {}, piped = false }: { env?: Record<string, string>; piped?: boolean } = {},
): ChildProcess {
  const [program = '', ...rest] = [...pinned(part), process.execPath, ...args]
  return spawn(program, rest, {
    env: { ...process.env, ...env },
    stdio: piped ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'ignore', 'inherit', 'ipc'],
  })
}

/** Any other program. What it prints is of no interest. */
export function startProgram(part: keyof typeof cores, name: string, args: string[]): ChildProcess {
  const [program = '', ...rest] = [...pinned(part), name, ...args]
  return spawn(program, rest, { stdio: 'ignore' })
}

export async function stop(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

const ticksPerSecond = 100

/** s of CPU that a process has used, its children with it (proc_pid_stat(5)): some peers are more than one process. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond + childrenOf(pid).reduce((sum, child) => sum + cpuOf(child), 0)
}

/** bytes of memory that a process and its children have. */
export function memoryOf(pid: number): number {
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  return own + childrenOf(pid).reduce((sum, child) => sum + memoryOf(child), 0)
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    } catch {
      return [] // a thread that has just ended
    }
  })

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { endsWithUs } from '../support/offspring.ts'
import type { Ports } from './balancer.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

/** A node as an operator runs it: a process of its own, with a data folder of its own. */
export interface NodeProcess {
  name: string
  process: ChildProcess
  ports: Ports
  dataDir: string
}

interface Asked {
  name: string
  folder: string
  ports: Ports
  settings: Record<string, string>
}

/** Resolves when it is ready. @throws Error with its last words when it ends instead */
export async function startNode({ name, folder, ports, settings }: Asked): Promise<NodeProcess> {
  const dataDir = join(folder, name)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const own = {
    PARLEY__DATA__DIR: dataDir,
    PARLEY__SERVER__PORT: String(ports.node),
    PARLEY__OPS__PORT: String(ports.ops),
  }
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...process.env, ...settings, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  endsWithUs(child)
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (said.length > 200) said.shift()
  })
  const lines = createInterface({ input: child.stdout })
  const isReady = new Promise<void>((resolve) => lines.on('line', (line) => line.startsWith('ready ') && resolve()))
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${name} did not start:\n${said.slice(-5).join('\n')}`)
  })
  await Promise.race([isReady, ended])
  ended.catch(() => undefined)
  return { name, process: child, ports, dataDir }
}

/** Drains, and ends. */
export async function stopNode({ process: child }: NodeProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

/** At once, as when the machine loses its power. */
export const killNode = ({ process: child }: NodeProcess): void => void child.kill('SIGKILL')

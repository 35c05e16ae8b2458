import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startOn, stop } from './processes.ts'
import type { Pair, Seeded } from './seed.ts'

const peers = { ws: 'bare.ts', 'ws-best': 'best.ts', 'socket.io': 'socket-io.ts' } as const

/** What is measured: ourselves, and whom we compare ourselves with. */
export type SubjectName = 'parley' | keyof typeof peers
export const subjectNames: SubjectName[] = ['ws', 'parley', 'ws-best', 'socket.io']

/** A server that runs, for one round. */
export interface Subject {
  port: number
  pid: number
  stop(): Promise<void>
}

interface Given {
  pair: Pair
  seeded: Seeded
  env: Record<string, string>
  /** Where a profile of the CPU is written to. */
  profile?: string | undefined
}

export const startSubject = (name: SubjectName, given: Given): Promise<Subject> =>
  name === 'parley' ? startParley(given) : startPeer(peers[name], given.pair)

async function startPeer(file: string, pair: Pair): Promise<Subject> {
  const child = startOn('server', [join(import.meta.dirname, 'peers', file)], { env: filesOf(pair) })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { port, pid: child.pid as number, stop: () => stop(child) }
}

async function startParley({ seeded, env, profile }: Given): Promise<Subject> {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = startOn('server', [...profiling, main, 'serve'], { env: { ...env, PARLEY_ROOT: seeded.folder }, ipc: false })
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2000)
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      const ready = /ready https:\/\/\S+?:(\d+)/.exec(String(chunk))
      if (ready) resolve(Number(ready[1]))
    })
    child.once('exit', () => reject(new Error(`Parley did not start:\n${said}`)))
  })
  return { port, pid: child.pid as number, stop: () => stop(child, profile === undefined ? 'SIGKILL' : 'SIGTERM') }
}

let files: { KEY: string; CERT: string } | undefined
function filesOf({ key, cert }: Pair): { KEY: string; CERT: string } {
  if (files) return files
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-pair-'))
  files = { KEY: join(folder, 'key.pem'), CERT: join(folder, 'cert.pem') }
  writeFileSync(files.KEY, key, { mode: 0o600 })
  writeFileSync(files.CERT, cert)
  return files
}

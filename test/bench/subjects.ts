import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pair } from '../support/premises.ts'
import { startOn, stop } from './processes.ts'
import type { Seeded } from './seed.ts'
import type { WatchAsk, Watched } from './watch.ts'
import { startXmpp, type XmppName, xmppNames } from './xmpp.ts'

const peers = { ws: 'bare.ts', 'ws-best': 'best.ts', 'socket.io': 'socket-io.ts' } as const

/** What is measured: ourselves, and whom we compare ourselves with; `beside` is another Parley, to see what a change brings. */
export type SubjectName = 'parley' | 'beside' | keyof typeof peers | XmppName
/** Those that take part unless others are named: what npm ci brings along. */
export const usual: SubjectName[] = ['ws', 'parley', 'ws-best', 'socket.io']
export const subjectNames: SubjectName[] = [...usual, ...xmppNames]
/** They are other people's, and do not run on Node. */
export const isXmpp = (name: SubjectName): name is XmppName => xmppNames.some((one) => one === name)
/** They speak Parley's protocol. */
export const isParley = (name: SubjectName): boolean => name === 'parley' || name === 'beside'

/** A server that runs, for one round. */
export interface Subject {
  port: number
  pid: number
  /** Undefined when it does not run on Node, and nobody sees into it. */
  watch?(ask: WatchAsk): Promise<Watched>
  stop(): Promise<void>
}

interface Given {
  pair: Pair
  seeded: Seeded
  env: Record<string, string>
  /** Where a profile of the CPU is written to. */
  profile?: string | undefined
  /** The folder of the other Parley. */
  beside?: string | undefined
}

const ours = join(import.meta.dirname, '../..')

export const startSubject = (name: SubjectName, given: Given): Promise<Subject> =>
  name === 'parley' || name === 'beside'
    ? startParley(name === 'parley' ? ours : (given.beside as string), given)
    : isXmpp(name)
      ? startForeign(name, given.pair)
      : startPeer(peers[name], given.pair)

async function startForeign(name: XmppName, pair: Pair): Promise<Subject> {
  const { child, port } = await startXmpp(name, pair)
  return { port, pid: child.pid as number, stop: () => stop(child) }
}

const watching = ['--import', new URL('./watch.ts', import.meta.url).href]

const watcherOf = (child: ChildProcess) => async (ask: WatchAsk) => {
  child.send(ask)
  const [{ watched }] = (await once(child, 'message')) as [{ watched: Watched }]
  return watched
}

async function startPeer(file: string, pair: Pair): Promise<Subject> {
  const child = startOn('server', [...watching, join(import.meta.dirname, 'peers', file)], { env: filesOf(pair) })
  const [{ port }] = (await once(child, 'message')) as [{ port: number }]
  return { port, pid: child.pid as number, watch: watcherOf(child), stop: () => stop(child) }
}

/** Those with which the launcher starts the server; an older one knows none. */
function flagsOf(root: string): string[] {
  const file = join(root, 'src/launch/flags.cjs')
  return existsSync(file) ? (createRequire(file)(file) as { serverFlags: string[] }).serverFlags : []
}

async function startParley(root: string, { seeded, env, profile }: Given): Promise<Subject> {
  const main = join(root, 'src/main.ts')
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = startOn('server', [...flagsOf(root), ...watching, ...profiling, main, 'serve'], {
    env: { ...env, PARLEY_ROOT: seeded.folder },
    piped: true,
  })
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
  return { port, pid: child.pid as number, watch: watcherOf(child), stop: () => stop(child, profile === undefined ? 'SIGKILL' : 'SIGTERM') }
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

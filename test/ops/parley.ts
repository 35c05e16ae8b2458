import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { endsWithUs } from '../support/offspring.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export const password = 'a long enough sentence'

/** What a command left behind. */
export interface Left {
  code: number | null
  stdout: string
  stderr: string
}

/** A folder of its own with config/, and the real command line on it. */
export async function newPlace(t: TestContext, local = '') {
  const root = await mkdtemp(join(tmpdir(), 'parley-ops-'))
  await mkdir(join(root, 'config'))
  if (local) await writeFile(join(root, 'config', 'local.yaml'), local, { mode: 0o600 })
  const children = new Set<ChildProcess>()
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(
      [...children].map((child) => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined)),
    )
    await rm(root, { recursive: true, force: true })
  })
  const { PATH, NODE_COMPILE_CACHE } = process.env
  const env = {
    ...{ PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) },
    ...{ PARLEY_ROOT: root, PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0', NO_COLOR: '1' },
  }

  function start(args: string[], more: Record<string, string> = {}): ChildProcess {
    const child = endsWithUs(spawn(process.execPath, [main, ...args], { env: { ...env, ...more }, stdio: 'pipe', cwd: root }))
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  async function parley(
    args: string[],
    { input = '', env: more = {} }: { input?: string; env?: Record<string, string> } = {},
  ): Promise<Left> {
    const child = start(args, more)
    const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
    const [code] = (await once(child, 'exit')) as [number | null]
    return { code, stdout: await stdout, stderr: await stderr }
  }

  return { root, data: join(root, 'data'), env, start, parley }
}

export type Place = Awaited<ReturnType<typeof newPlace>>

export async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = ''
  for await (const chunk of stream ?? []) text += String(chunk)
  return text
}

/** The server, once it has said that it is ready. */
export async function startServer(place: Place, more: Record<string, string> = {}) {
  const child = place.start(['serve'], more)
  const seen = { stdout: '', stderr: '' }
  child.stderr?.on('data', (chunk) => {
    seen.stderr += String(chunk)
  })
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const url = await new Promise<string>((ready, failed) => {
    child.stdout?.on('data', (chunk) => {
      seen.stdout += String(chunk)
      const found = /^ready (\S+)$/m.exec(seen.stdout)
      if (found?.[1]) ready(found[1])
    })
    void ended.then(([code]) => failed(new Error(`serve ended with ${code}:\n${seen.stderr}`)))
  })
  return { child, url, seen, ended }
}

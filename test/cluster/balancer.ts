import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isListening, rendered } from '../proxies/shipped.ts'
import { nginxStream, whereIs } from '../setup.ts'

export interface Ports {
  node: number
  ops: number
}
export const balancers = ['haproxy', 'nginx'] as const
export type Balancer = (typeof balancers)[number]

interface Asked {
  which: Balancer
  folder: string
  port: number
  nodes: Pick<Ports, 'node'>[]
}

/** What each of them needs to be here. */
export const balancerPrograms: Record<Balancer, string[]> = { haproxy: ['haproxy'], nginx: ['nginx', nginxStream] }

/** The shipped file as it is, but for ports and places of this machine. Resolves when people can come. @throws Error in words */
export async function startBalancer({ which, folder: parent, port, nodes }: Asked): Promise<ChildProcess> {
  const folder = join(parent, which)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'balancer.conf')
  writeFileSync(file, { haproxy: haproxyFile, nginx: nginxFile }[which]({ folder, port, nodes }))
  const args = { haproxy: ['-q', '-db', '-f', file], nginx: ['-p', folder, '-e', 'stderr', '-c', file] }[which]
  const child = spawn(whereIs(which) ?? which, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  let said = ''
  child.stderr.on('data', (bytes) => {
    said = `${said}${bytes}`.slice(-2000)
  })
  child.on('error', () => undefined)
  await isListening(port, child).catch(() => {
    throw new Error(`${which} did not start:\n${said.trim()}`)
  })
  return child
}

type Filled = Omit<Asked, 'which'>

const haproxyFile = ({ port, nodes }: Filled): string =>
  rendered('haproxy-nodes.cfg', [
    [/^ {2}(user|group) haproxy\n/gm, ''],
    [/^ {2}maxconn 100000$/gm, '  maxconn 400'],
    ['bind :::443 v4v6', `bind 127.0.0.1:${port}`],
    ['hdr Host chat.example.org', `hdr Host localhost:${port}`],
    [/(?:^ {2}server .*\n)+/gm, nodes.map(({ node }, i) => `  server node${i + 1} 127.0.0.1:${node}\n`).join('')],
  ])

const nginxFile = ({ folder, port, nodes }: Filled): string => {
  const own = `daemon off; worker_processes 1; error_log stderr error; pid ${folder}/nginx.pid;\n`
  const text = rendered('nginx-nodes.conf', [
    ['modules/ngx_stream_module.so', nginxStream],
    ['worker_connections 65536', 'worker_connections 400'],
    [/^ *listen \[::\]:443;\n/gm, ''],
    ['listen 443;', `listen 127.0.0.1:${port};`],
    [/(?:^ {4}server 10\..*\n)+/gm, nodes.map(({ node }) => `    server 127.0.0.1:${node} max_fails=1 fail_timeout=2s;\n`).join('')],
  ])
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}${own}${text}`
}

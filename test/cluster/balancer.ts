import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { whereIs } from '../setup.ts'

export interface Ports {
  node: number
  ops: number
}

/** HAProxy as docs/proxies/haproxy-nodes.cfg has it, on ports of this machine. It asks each node whether it is ready. */
export function startBalancer(folder: string, port: number, nodes: Ports[]): ChildProcess {
  const file = join(folder, 'haproxy.cfg')
  const servers = nodes.map(({ node, ops }, i) => `  server node${i + 1} 127.0.0.1:${node} check port ${ops}`)
  writeFileSync(
    file,
    [
      ...['global', '  maxconn 4000', 'defaults', '  mode tcp', '  timeout connect 5s'],
      ...['  timeout client 90s', '  timeout server 90s', '  timeout tunnel 90s'],
      ...['frontend parley', `  bind 127.0.0.1:${port}`, '  default_backend parley'],
      ...['backend parley', '  balance roundrobin', '  option httpchk GET /readyz', '  option redispatch', '  retries 2'],
      '  default-server send-proxy-v2 inter 300ms fall 2 rise 1',
      ...servers,
      '',
    ].join('\n'),
  )
  return spawn(whereIs('haproxy') ?? 'haproxy', ['-W', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] })
}

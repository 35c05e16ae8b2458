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
  const servers = nodes.map(({ node }, i) => `  server node${i + 1} 127.0.0.1:${node}`)
  writeFileSync(
    file,
    [
      ...['global', '  maxconn 4000', 'defaults', '  mode tcp', '  timeout connect 5s'],
      ...['  timeout client 90s', '  timeout server 90s', '  timeout tunnel 90s'],
      ...['frontend parley', `  bind 127.0.0.1:${port}`, '  default_backend parley'],
      ...['backend parley', '  balance roundrobin', '  option httpchk', '  option redispatch', '  retries 2'],
      `  http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost:${port}`,
      '  http-check expect status 200',
      '  default-server send-proxy-v2 check check-ssl verify none check-send-proxy inter 300ms fall 2 rise 1',
      ...servers,
      '',
    ].join('\n'),
  )
  return spawn(whereIs('haproxy') ?? 'haproxy', ['-W', '-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] })
}

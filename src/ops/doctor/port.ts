import { createServer } from 'node:net'
import { codeOf, type Finding, fault, good } from './finding.ts'
import type { Check } from './patient.ts'

/** Whether the server could listen; when it runs it does. */
export const portCheck: Check = {
  ids: ['D-PORT'],
  at: 'home',
  async look({ config: { server: people, ops }, server }) {
    if (server !== undefined) return [good('D-PORT', `The server listens (${server.url}).`)]
    const places = [
      { key: 'server.port', ...people },
      { key: 'ops.port', ...ops },
    ]
    const findings: Finding[] = []
    for (const { key, host, port } of places) {
      const code = await tryPort(host, port)
      if (code !== undefined) findings.push(refused(key, host, port, code))
    }
    return findings.length > 0 ? findings : [good('D-PORT', 'The ports are free.')]
  },
}

function refused(key: string, host: string, port: number, code: string): Finding {
  const where = `${host}:${port}`
  if (code === 'EADDRINUSE')
    return fault(
      'D-PORT',
      `${key}: ${where} is taken by another program.`,
      `ss -ltnp 'sport = :${port}'   # who it is; or set ${key} to another one`,
    )
  if (code === 'EACCES')
    return fault(
      'D-PORT',
      `${key}: this user may not listen on ${where}.`,
      '# in the unit of systemd:\n[Service]\nAmbientCapabilities=CAP_NET_BIND_SERVICE',
    )
  return fault('D-PORT', `${key}: nothing can listen on ${where} (${code}).`, 'ip addr')
}

const tryPort = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', (error) => resolve(codeOf(error)))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })

import { good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** Files and sockets beside those of people: the store, its threads, listeners, answers over HTTP. */
const besides = 256

export const fileLimitCheck: Check = {
  ids: ['D-ULIMIT'],
  at: 'home',
  look({ config: { limits }, server, instruments }) {
    const most = instruments.openFiles(server?.pid ?? process.pid)
    const wanted = limits.connections + besides
    if (most === undefined) return [good('D-ULIMIT', 'This system does not say how many sockets a process may have.')]
    if (most >= wanted) return [good('D-ULIMIT', `${most} open files are allowed, enough for ${limits.connections} connections.`)]
    return [
      warning(
        'D-ULIMIT',
        `Only ${most} open files are allowed; ${limits.connections} connections (limits.connections) need ${wanted}.`,
        `# in the unit of systemd:\n[Service]\nLimitNOFILE=${wanted}\n# or, in the shell that starts it: ulimit -n ${wanted}`,
      ),
    ]
  },
}

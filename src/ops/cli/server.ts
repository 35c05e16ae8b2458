import type { ActResult } from '../acts.ts'
import { examples } from './help.ts'
import { plural } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

export const addServerCommands: Group = (program, { ask, out }) => {
  program
    .command('status')
    .summary('say how the running server is')
    .description('Says how the running server is. Exit code 1 when none runs here.')
    .option('--json', 'print {url, node, pid, uptime, ready, reasons, connections, accounts, …}')
    .addHelpText('after', examples('status', 'status --json | jq .connections'))
    .action(async (options: Json) => out.data(await ask('status', {}), options, sayStatus))

  program
    .command('reload')
    .summary('read the configuration again')
    .description('Reads the configuration again: whole or not at all. Says what changed and what waits for a restart.')
    .option('--json', 'print {changed, needRestart, certificate}')
    .addHelpText('after', examples('config check && parley reload', 'reload --json'))
    .action(async (options: Json) => out.data(await ask('reload', {}), options, sayReload))

  program
    .command('drain')
    .summary('stop the server, in good order')
    .description('Stops the server: nobody new is let in, everyone is sent elsewhere, then it ends. Returns when it has.')
    .option('--json', 'print {draining, connections}')
    .addHelpText('after', examples('drain', 'drain && parley serve'))
    .action(async (options: Json) => {
      const made = await ask('drain', {}, { untilGone: true })
      out.data(made, options, ({ connections }) => `The server has ended; ${plural(connections, 'connection')} had been open.`)
    })
}

function sayReload({ changed, needRestart, certificate }: ActResult<'reload'>): string {
  const holds = changed.filter((key) => !needRestart.includes(key))
  const lines = [
    ...(changed.length === 0 ? ['Nothing has changed.'] : []),
    ...(holds.length > 0 ? [`Changed: ${holds.join(', ')}`] : []),
    ...(needRestart.length > 0 ? [`Only after a restart: ${needRestart.join(', ')}`] : []),
    ...(certificate === 'swapped' ? ['A new certificate is in force.'] : []),
    ...(certificate === 'refused' ? ['The certificate in the folder is refused; `parley certs status` says why.'] : []),
  ]
  return lines.join('\n')
}

function sayStatus({ url, node, pid, uptime, ready, reasons, connections, accounts, memory }: ActResult<'status'>): string {
  const lines: [string, string][] = [
    ['address', url],
    ['state', ready ? 'ready' : `not ready: ${reasons.join(', ')}`],
    [
      'process',
      `pid ${pid}${node === undefined ? '' : `, node ${node}`}, up for ${sayUptime(uptime)}, ${Math.round(memory / 1_048_576)} MiB`,
    ],
    ['connections', String(connections)],
    ['accounts', accounts === null ? 'the store does not answer' : String(accounts)],
  ]
  return lines.map(([name, value]) => `${name.padEnd(12)} ${value}`).join('\n')
}

/** @param seconds → `3d 4h`, `2h 5m`, `7m`, `12s`. */
function sayUptime(seconds: number): string {
  const [d, h, m] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60]
  if (d > 0) return `${d}d ${h}h`
  if (h > 0) return `${h}h ${m}m`
  return m > 0 ? `${m}m` : `${seconds}s`
}

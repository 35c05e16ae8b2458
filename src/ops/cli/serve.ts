import { rmSync } from 'node:fs'
import type { Logger } from 'pino'
import { sayFault } from '../../config.ts'
import type { Running } from '../running.ts'
import type { Offer } from '../setup-link.ts'
import { watchSignals, watchTerminal } from '../signals.ts'
import { examples } from './help.ts'
import type { Desk, Group } from './program.ts'

/** Listens when it resolves. @throws ConfigFaults · StoreTaken · Error in words, with nothing left open */
export type StartServer = (given: { root: string; env: Desk['env']; log: Logger; onFatal: (error: Error) => void }) => Promise<Running>

export const addServeCommand: Group = (program, desk) => {
  program
    .command('serve')
    .summary('start the server')
    .description('Starts the server and stays. Prints `ready ADDRESS` once it takes people in.')
    .addHelpText('after', examples('serve', 'PARLEY__SERVER__PORT=9443 parley serve').replace('parley PARLEY', 'PARLEY'))
    .addHelpText('after', '\nCtrl-C or SIGTERM drains and ends, a second one at once; SIGHUP reads the configuration again.')
    .action(() => serve(desk))
}

async function serve({ root, env, read, load, stdout, stderr, out }: Desk): Promise<void> {
  const { config, warnings } = read()
  for (const warning of warnings) out.say(sayFault(warning))
  const [{ createLog }, { offerSetupLink }, startServer] = await Promise.all([
    import('../../log.ts'),
    import('../setup-link.ts'),
    load.startServer(),
  ])
  const log = createLog({ level: config.log.level })
  let running: Running | undefined
  let offer: Offer | undefined
  watchSignals({
    monotonic: () => performance.now(),
    // Before it listens there is nobody to send elsewhere, and the store bears any end.
    async end() {
      await running?.drain()
      await running?.close()
      if (offer && 'file' in offer) rmSync(offer.file, { force: true })
    },
    async reload() {
      await running?.reload()
    },
    exit: (code) => process.exit(code),
    terminalGone: watchTerminal(),
    log,
  })

  const onFatal = (err: Error) => {
    // Nothing more may be acknowledged: whatever waits is told so by the end of its connection.
    log.fatal({ event: 'sys_crash', err }, 'The store can no longer be trusted; Parley stops')
    process.exit(1)
  }
  running = await startServer({ root, env, log, onFatal })
  const terminal = [stderr, stdout].find(({ isTTY }) => isTTY)
  offer = await offerSetupLink(running, { terminal: terminal !== undefined })
  if (offer && 'file' in offer) out.say(sayOffer(offer))
  stdout.write(`ready ${running.url}\n`)
  if (offer && 'shown' in offer) terminal?.write(`${sayOffer(offer)}\n`)
}

const sayOffer = (offer: Offer): string =>
  'file' in offer
    ? `No account exists yet. The link to make the first one is in ${offer.file}; it holds for 30 minutes.`
    : `\nNo account exists yet. Make the first one here, within 30 minutes:\n\n  ${offer.url}\n`

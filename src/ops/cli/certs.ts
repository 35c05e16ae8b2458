import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { typedHosts } from '../../config.ts'
import type { Put } from '../../tls/put-pair.ts'
import { Misused, Told } from './exit.ts'
import { examples } from './help.ts'
import { plain, plural } from './output.ts'
import type { Desk, Group } from './program.ts'
import { askServer } from './reach.ts'

interface Json {
  json?: boolean
}

export const addCertsCommands: Group = (program, desk) => {
  const group = program
    .command('certs')
    .summary('see, make and take over certificates')
    .description('The certificate and its key in tls.dir. What is put there serves new connections at once; open ones stay.')
    .addHelpText('after', examples('certs status', 'certs import --from /etc/letsencrypt/live/chat.example.org'))

  group
    .command('status')
    .summary('say what serves, and for how long')
    .description(
      'Says what certificate lies in the folder, which one serves, and why they differ. Exit code 1 when it has expired or is refused.',
    )
    .option('--json', 'print {dir, mode, running, ok, onDisk, inForce, reasons, warnings}')
    .addHelpText('after', examples('certs status', 'certs status --json | jq .inForce.daysLeft'))
    .action((options: Json) => status(desk, options))

  group
    .command('new')
    .summary('make a development pair anew')
    .description('Makes a certificate for loopback and other names of this machine, and the authority that browsers are told to trust.')
    .option('--dev', 'a pair for development, which is the only kind Parley makes (the default)')
    .option('--names <names>', 'more hosts and addresses, with commas between them')
    .option('--force', 'write over the pair of an operator')
    .option('--json', 'print {dir, pair, warnings, inForce}')
    .addHelpText('after', examples('certs new --dev', 'certs new --names chat.test,192.168.1.7'))
    .action(async (options: Json & { names?: string; force?: boolean }) => {
      const { putDevelopmentPair } = await import('../../tls/put-pair.ts')
      const { dir } = desk.read().config.tls
      const more = namesIn(options.names)
      const made = await putDevelopmentPair({ dir, now: Date.now(), force: options.force ?? false, more })
      if (!options.json) desk.out.say(`Browsers trust it once they trust ca.pem in ${dir}, which is new as well.`)
      await told(desk, options, made)
    })

  group
    .command('import')
    .summary('take over a pair from another folder')
    .description('Checks fullchain.pem and privkey.pem in another folder, and puts them into tls.dir, the key with mode 0600.')
    .requiredOption('--from <dir>', 'the folder, such as live/NAME of certbot')
    .option('--force', 'although it is not for the host that people type')
    .option('--json', 'print {dir, pair, warnings, inForce}')
    .addHelpText('after', examples('certs import --from /etc/letsencrypt/live/chat.example.org', 'certs import --from ~/new-pair --json'))
    .action(async (options: Json & { from: string; force?: boolean }) => {
      const { importPair } = await import('../../tls/put-pair.ts')
      const { tls, server } = desk.read().config
      const asked = { from: resolve(options.from), dir: tls.dir, now: Date.now(), force: options.force ?? false }
      await told(desk, options, await importPair({ ...asked, names: typedHosts(server) }))
    })
}

/** Looked at where it serves: a pair that lies in the folder and does not serve is a failure, said with its reasons. */
async function told({ read, out }: Desk, options: Json, { facts, warnings }: Put): Promise<void> {
  const { show } = await import('../certs-status.ts')
  const { config } = read()
  const now = Date.now()
  const server = await askServer(config, 'certsLook')
  const isServed = server?.inForce.fingerprint256 === facts.fingerprint256
  const inForce = server ? show(server.inForce, now) : null
  for (const words of warnings) out.say(`It serves, but ${words}.`)
  out.data({ dir: config.tls.dir, pair: show(facts, now), warnings, inForce }, options, ({ dir, pair }) => {
    const what = `${dir}: for ${plain(pair.names.join(', '))}, ${plural(pair.daysLeft, 'day')} left.`
    return isServed ? `${what}\nThe server holds it out to new connections.` : what
  })
  if (server && !isServed)
    throw new Error(`The server refuses it, and goes on with the one before:\n${lines(server.refused)}\n${untilRestart}`)
}

/** What was checked here is the configuration as it is written; the server goes by that of its start. */
const untilRestart = 'It lies in the folder now. If server.publicUrl was set since the server started, a restart takes up both.'

async function status({ read, out }: Desk, options: Json): Promise<void> {
  const { certsStatus } = await import('../certs-status.ts')
  const { tls, ...config } = read().config
  const server = await askServer({ tls, ...config }, 'certsShown')
  const found = await certsStatus({ tls, names: typedHosts(config.server), server, now: Date.now() })
  out.data(found, options, ({ dir, mode, running, onDisk, inForce, reasons, warnings }) => {
    const same = inForce !== null && inForce.fingerprint256 === onDisk?.fingerprint256
    const rows: [string, string][] = [
      ['folder', dir],
      ...(mode === 'off' ? [['tls.mode', 'off: a proxy speaks TLS, none of this serves'] as [string, string]] : []),
      ...(inForce ? pairRows('in force', inForce) : []),
      ...(same
        ? []
        : onDisk
          ? pairRows('on disk', onDisk)
          : [['on disk', reasons.length > 0 ? 'no pair' : 'nothing; `parley serve` makes one'] as [string, string]]),
      ['server', running ? 'runs' : 'does not run'],
      ...reasons.map((words): [string, string] => ['refused', words]),
      ...warnings.map((words): [string, string] => ['note', words]),
    ]
    return rows.map(([name, value]) => `${name.padEnd(12)} ${plain(value)}`).join('\n')
  })
  if (!found.ok) throw new Told()
}

type Shown = NonNullable<Awaited<ReturnType<typeof import('../certs-status.ts').certsStatus>>['inForce']>

function pairRows(title: string, { subject, names, issuer, notAfter, daysLeft, fingerprint256, source }: Shown): [string, string][] {
  const until = new Date(notAfter).toISOString().slice(0, 10)
  return [
    [title, `${subject}, ${source === 'development' ? 'made for development' : `from ${issuer}`}`],
    ['  for', names.join(', ') || 'no host'],
    ['  until', daysLeft < 0 ? `${until}: it has expired` : `${until}, ${plural(daysLeft, 'day')} left`],
    ['  print', fingerprint256],
  ]
}

const lines = (words: readonly string[]): string => words.map((one) => `- ${one}`).join('\n')

/** @throws Misused */
function namesIn(given = ''): string[] {
  const names = given
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const wrong = names.find(
    (name) => isIP(name.replace(/^\[(.*)\]$/, '$1')) === 0 && !/^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i.test(name),
  )
  if (wrong !== undefined) throw new Misused('--names takes hosts and addresses without ports, with commas between them.')
  if (names.length > 20) throw new Misused('--names takes 20 at the most.')
  return names.map((name) => name.replace(/^\[(.*)\]$/, '$1'))
}

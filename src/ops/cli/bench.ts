import { Argument, InvalidArgumentError, Option } from 'commander'
import { addressOption } from './address.ts'
import { durationOption } from './duration.ts'
import { Misused } from './exit.ts'
import { examples } from './help.ts'
import { authorityIn, linesOf } from './named-file.ts'
import type { Group } from './program.ts'

interface Options {
  url: string
  tokens: string
  ca?: string
  connections: number
  rate?: number
  inFlight: number
  for: number
  json?: boolean
}

const scenarios = ['fan-out', 'posts', 'connects', 'connects-resumed', 'idle'] as const

function count(most: number): (written: string) => number {
  return (written) => {
    const n = Number(written)
    if (!/^\d{1,7}$/.test(written) || n < 1 || n > most) throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`)
    return n
  }
}

export const addBenchCommand: Group = (program, { out, load }) => {
  program
    .command('bench')
    .summary('measure a server from outside')
    .description(
      'Measures a Parley through its public address, with tokens of its people: they meet in a new private room. The limits of that server hold: to find out what the machine can do, raise them for the time of the measurement.',
    )
    .addArgument(new Argument('[scenario]', 'what is done').choices(scenarios).default('fan-out'))
    .requiredOption('--url <https://host>', 'the address that people type', addressOption)
    .requiredOption('--tokens <file>', 'session tokens, one a line; connections take them in turn')
    .option('--ca <file>', 'a certificate authority to believe beside the usual ones')
    .option('--connections <n>', 'how many connect', count(100_000), 50)
    .addOption(new Option('--rate <n>', 'posts a second, whatever comes back').argParser(count(1_000_000)).conflicts('inFlight'))
    .option('--in-flight <n>', 'posts on their way at a time (of each connection, for posts)', count(60_000), 1)
    .addOption(new Option('--for <duration>', 'how long is measured').argParser(durationOption('100ms', '1d')).default(10_000, '10s'))
    .option('--json', 'print the figures')
    .addHelpText(
      'after',
      examples(
        'token issue --account ada --ttl 1h > tokens',
        'bench --url https://chat.example.org --tokens tokens --rate 2',
        'bench connects --url https://chat.example.org --tokens tokens --connections 16 --for 30s --json',
      ),
    )
    .action(async (scenario: (typeof scenarios)[number], options: Options) => {
      const tokens = linesOf(options.tokens)
      if (tokens.length === 0) throw new Misused(`${options.tokens} holds no token. Make one: parley token issue --account NAME > FILE`)
      const ca = options.ca === undefined ? undefined : authorityIn(options.ca)
      const { benchDeployment } = await load.bench()
      const figures = await benchDeployment({
        ...{ scenario, tokens, url: options.url, connections: options.connections, measure: options.for },
        ...(ca !== undefined && { ca }),
        load: options.rate === undefined ? { inFlight: options.inFlight } : { perSecond: options.rate },
        progress: out.say,
      })
      out.data(figures, options, lay)
      if ((figures.ownCpu ?? 0) > 0.8) out.say('This machine was nearly busy with asking: the server may be faster than this says.')
      if ((figures.refused ?? 0) > 0) out.say('Posts were refused: a limit of the server was met. See limits in its configuration.')
    })
}

const units: Record<string, string> = {
  p50: 'ms, half were faster',
  p99: 'ms, one in a hundred was slower',
  max: 'ms, the slowest',
  ownCpu: 'of one core, by this command',
  resumed: 'of all',
}

function lay(figures: Record<string, number>): string {
  const rows = Object.entries(figures).map(([name, value]) => [wordsOf(name), round(value), units[name] ?? ''] as const)
  const widest = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value, unit]) => `${name.padEnd(widest)}  ${value.padStart(10)} ${unit}`.trimEnd()).join('\n')
}

const wordsOf = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
const round = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 0))

import type { Report } from '../../check/checker.ts'
import { addressOption } from './address.ts'
import { durationOption } from './duration.ts'
import { Misused, Told } from './exit.ts'
import { examples } from './help.ts'
import { authorityIn, linesOf } from './named-file.ts'
import { plural } from './output.ts'
import type { Group } from './program.ts'

interface Options {
  url: string[]
  tokens: string
  ca?: string
  for: number
  json?: boolean
}

const another = (written: string, before: string[] = []): string[] => [...before, addressOption(written)]

export const addCheckCommand: Group = (program, { out, load }) => {
  program
    .command('check')
    .summary('see whether a server keeps its promises')
    .description(
      'Talks and listens through the public address of a Parley, with tokens of its people, in new private rooms, and says at the end whether anything was lost, doubled, out of order, or shown to somebody who should not see it. Harm is not part of it: restart nodes, cut lines or end logins meanwhile.',
    )
    .requiredOption('--url <https://host>', 'the address that people type; again for each further node', another)
    .requiredOption('--tokens <file>', 'session tokens, one a line, of one person or more: the fourth and last look in from outside')
    .option('--ca <file>', 'a certificate authority to believe beside the usual ones')
    .option('--for <duration>', 'how long they talk', durationOption('1s', '1d'), 30_000)
    .option('--json', 'print {verdicts, figures}')
    .addHelpText(
      'after',
      examples(
        'token issue --account ada --ttl 1h > tokens',
        'check --url https://chat.example.org --tokens tokens',
        'check --url https://one.example.org --url https://two.example.org --tokens tokens --for 10m',
      ),
    )
    .action(async (options: Options) => {
      const tokens = linesOf(options.tokens)
      if (tokens.length === 0) throw new Misused(`${options.tokens} holds no token. Make one: parley token issue --account NAME > FILE`)
      const { checkDeployment } = await load.check()
      const report = await checkDeployment({
        ...{ tokens, urls: options.url, talk: options.for, progress: out.say },
        ...(options.ca !== undefined && { ca: authorityIn(options.ca) }),
      })
      out.data(report, options, lay)
      if (report.verdicts.length > 0) throw new Told(plural(report.verdicts.length, 'verdict'))
    })
}

function lay({ verdicts, figures }: Report): string {
  const { acknowledged, delivered, connections } = figures
  const seen = `${plural(acknowledged, 'message')} acknowledged, ${plural(delivered, 'event')} heard, ${plural(connections, 'connection')}`
  if (verdicts.length === 0) return `${seen}: nothing was lost, doubled, out of order or shown to anybody else.`
  return [...verdicts.map(({ kind, words }) => `✖ ${kind}: ${words}`), `${seen}, ${plural(verdicts.length, 'promise')} broken.`].join('\n')
}

import { InvalidArgumentError, Option } from 'commander'
import { durationOption } from './duration.ts'
import { examples } from './help.ts'
import { minuteOf, plural } from './output.ts'
import type { Group } from './program.ts'

function times(written: string): number {
  const n = Number(written)
  if (!/^\d{1,4}$/.test(written) || n < 1 || n > 1_000) throw new InvalidArgumentError('It must be a whole number from 1 to 1000.')
  return n
}

export const addInviteCommand: Group = (program, { ask, out }) => {
  program
    .command('invite')
    .summary('make a link that lets somebody in')
    .description('Makes a link by which people make an account of their own.')
    .option('--room <room>', 'a room, by name or id, that they will be in')
    .option('--uses <times>', 'how often it can be used', times, 1)
    .addOption(
      new Option('--expires <duration>', 'how long it holds: 1h, 7d').argParser(durationOption('1m', '90d')).default(7 * 86_400_000, '7d'),
    )
    .option('--json', 'print {url, expiresAt, uses}')
    .addHelpText('after', examples('invite', 'invite --room General --uses 20 --expires 2d'))
    .action(async (options: { room?: string; uses: number; expires: number; json?: boolean }) => {
      const { room, uses, expires } = options
      const made = await ask('invite', { uses, expires, ...(room !== undefined && { room }) })
      out.data(made, options, ({ url }) => url)
      if (!options.json) out.say(`It can be used ${plural(made.uses, 'time')}, until ${minuteOf(made.expiresAt)} UTC.`)
    })
}

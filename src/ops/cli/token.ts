import { Option } from 'commander'
import { durationOption } from './duration.ts'
import { examples } from './help.ts'
import { minuteOf } from './output.ts'
import type { Group } from './program.ts'

export const addTokenCommands: Group = (program, { ask, out }) => {
  const group = program
    .command('token')
    .summary('make tokens for programs')
    .description('Session tokens for programs: Authorization: Bearer TOKEN.')
    .addHelpText('after', examples('token issue --account gull --ttl 1h', 'login list --account gull'))

  group
    .command('issue')
    .summary('make a token')
    .description('Makes a session token on a login of its own and prints it, this once. Ending that login ends the token.')
    .requiredOption('--account <name>', 'whose it is')
    .addOption(
      new Option('--ttl <duration>', 'how long it holds: 15m, 1h, 30d').argParser(durationOption('1s', '400d')).default(3_600_000, '1h'),
    )
    .option('--label <words>', 'what it is called in the list of logins')
    .option('--json', 'print {token, expiresAt}')
    .addHelpText(
      'after',
      examples('token issue --account gull --ttl 30d --label "backup bot"', 'token issue --account ada --ttl 1h --json | jq -r .token'),
    )
    .action(async (options: { account: string; ttl: number; label?: string; json?: boolean }) => {
      const { account, ttl, label } = options
      const made = await ask('tokenIssue', { account, ttl, ...(label !== undefined && { label }) })
      // Alone on stdout, so that it can go straight into a file.
      out.data(made, options, ({ token }) => token)
      if (!options.json) out.say(`It holds until ${minuteOf(made.expiresAt)} UTC and is not shown again.`)
    })
}

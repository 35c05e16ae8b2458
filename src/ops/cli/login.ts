import { Misused } from './exit.ts'
import { examples } from './help.ts'
import { minuteOf, plain, sayEnded, table } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

export const addLoginCommands: Group = (program, { ask, out }) => {
  const group = program
    .command('login')
    .summary('see who is signed in, and end it')
    .description('Logins: each browser that is signed in, and each token.')
    .addHelpText('after', examples('login list --account ada', 'login end --account ada --all'))

  group
    .command('list')
    .summary('list logins that hold')
    .description('Lists the logins that hold, newest first.')
    .option('--account <name>', 'only those of this account')
    .option('--all', 'those of everyone (the default)')
    .option('--json', 'print [{id, account, credential, label, address, createdAt, lastSeenAt, expiresAt, connections}]')
    .addHelpText('after', examples('login list', 'login list --account ada --json'))
    .action(async (options: Json & { account?: string }) => {
      const { account } = options
      out.data(await ask('loginList', account === undefined ? {} : { account }), options, (rows) =>
        table(
          rows,
          {
            ACCOUNT: (row) => row.account,
            WITH: ({ credential }) => credential,
            LABEL: ({ label }) => label,
            ADDRESS: ({ address }) => address,
            OPEN: ({ connections }) => connections.length,
            'SEEN (UTC)': ({ lastSeenAt }) => minuteOf(lastSeenAt),
            'ENDS (UTC)': ({ expiresAt }) => minuteOf(expiresAt),
            ID: ({ id }) => id,
          },
          'Nobody is signed in.',
        ),
      )
    })

  group
    .command('end')
    .summary('sign somebody out, everywhere, now')
    .description(
      'Ends logins. When it returns, their connections are closed on every node that answered. Exit code 1 when an id is that of none that holds.',
    )
    .option('--account <name>', 'all logins of this account')
    .option('--all', 'every one of them (the default with --account)')
    .option('--id <ids...>', 'these logins, as `login list` names them')
    .option('--json', 'print {logins, connections, unconfirmed}')
    .addHelpText('after', examples('login end --account ada --all', 'login end --id 7pS1rXK2bQyN0cVvJm4zTg'))
    .action(async (options: Json & { account?: string; id?: string[]; all?: boolean }) => {
      const { account, id, all } = options
      if ((account === undefined) === (id === undefined)) throw new Misused('Say whose: --account NAME, or --id ID.')
      if (all && id) throw new Misused('--all goes with --account: --id names the logins already.')
      const { unheld = [], ...ended } = await ask('loginEnd', account === undefined ? { ids: id ?? [] } : { account })
      out.data(ended, options, sayEnded)
      if (unheld.length > 0) throw new Error(`No such login holds: ${unheld.map(plain).join(', ')}. Those that do: parley login list`)
    })
}

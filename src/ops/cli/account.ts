import { Argument, Option } from 'commander'
import type { AccountRole } from '../../protocol/events.ts'
import { examples } from './help.ts'
import { minuteOf, plain, plural, sayEnded, table } from './output.ts'
import type { Group } from './program.ts'
import { readPassword } from './secret-input.ts'

interface Json {
  json?: boolean
}
interface WithPassword extends Json {
  passwordStdin?: boolean
}
const roles: readonly AccountRole[] = ['member', 'admin']

export const addAccountCommands: Group = (program, { ask, out, stdin }) => {
  const password = ({ passwordStdin = false }: WithPassword) => readPassword({ fromStdin: passwordStdin, stdin, say: out.say })
  const group = program
    .command('account')
    .summary('make, list, change and disable accounts')
    .description('The people and bots that can sign in.')
    .addHelpText('after', examples('account list', 'account add ada --role admin', 'account disable bob'))

  group
    .command('add <name>')
    .summary('make an account')
    .description('Makes an account. Its password is typed on the terminal, or comes from stdin.')
    .option('--password-stdin', 'take the password from stdin')
    .option('--no-password', 'none at all: an account that signs in with tokens only')
    .addOption(new Option('--role <role>', 'what it may do on this server').choices(roles).default('member'))
    .option('--display <name>', 'the name that people read (default: the name)')
    .option('--json', 'print {id, name, display, role}')
    .addHelpText(
      'after',
      examples(
        'account add ada --role admin',
        'account add bob --display "Bob B." --password-stdin < bob.txt',
        'account add gull --no-password',
      ),
    )
    .action(async (name: string, options: WithPassword & { password: boolean; role: AccountRole; display?: string }) => {
      const { lacksAdmin, ...made } = await ask('accountAdd', {
        name,
        role: options.role,
        ...(options.display !== undefined && { display: options.display }),
        ...(options.password && { password: await password(options) }),
      })
      out.data(made, options, ({ name, role }) => `${plain(name)} can sign in as ${role}.`)
      if (lacksAdmin)
        out.say(`Nobody is admin here, and the set-up link makes none any more. To make one: parley account role ${plain(made.name)} admin`)
    })

  group
    .command('list')
    .summary('list all accounts')
    .description('Lists all accounts.')
    .option('--json', 'print [{id, name, display, role, disabled, createdAt}]')
    .addHelpText('after', examples('account list', "account list --json | jq -r '.[].name'"))
    .action(async (options: Json) => {
      out.data(await ask('accountList', {}), options, (rows) =>
        table(
          rows,
          {
            NAME: ({ name }) => name,
            DISPLAY: ({ display }) => display,
            ROLE: ({ role }) => role,
            STATE: ({ disabled }) => (disabled ? 'disabled' : 'active'),
            'CREATED (UTC)': ({ createdAt }) => minuteOf(createdAt),
          },
          'There are no accounts yet. Make one: parley account add NAME --role admin',
        ),
      )
    })

  group
    .command('disable <name>')
    .summary('lock an account out')
    .description('Ends all logins of an account and lets it sign in no more. What it wrote stays.')
    .option('--json', 'print {id, name, disabled, logins, connections, unconfirmed, …}')
    .addHelpText('after', examples('account disable bob', 'account enable bob'))
    .action(async (name: string, options: Json) => {
      out.data(await ask('accountDisable', { account: name }), options, (made) => `${plain(made.name)} is disabled. ${sayEnded(made)}`)
    })

  group
    .command('enable <name>')
    .summary('let a disabled account sign in again')
    .description('Lets a disabled account sign in again. Logins that were ended stay ended.')
    .option('--json', 'print {id, name, disabled, …}')
    .addHelpText('after', examples('account enable bob', 'account enable bob --json'))
    .action(async (name: string, options: Json) => {
      out.data(await ask('accountEnable', { account: name }), options, (made) => `${plain(made.name)} can sign in again.`)
    })

  group
    .command('password <name>')
    .summary('set a new password')
    .description('Sets a new password, typed on the terminal or from stdin, and ends all logins of the account.')
    .option('--password-stdin', 'take the password from stdin')
    .option('--json', 'print {id, name, logins, connections, unconfirmed, …}')
    .addHelpText('after', examples('account password ada', 'account password ada --password-stdin < new.txt'))
    .action(async (name: string, options: WithPassword) => {
      const made = await ask('accountPassword', { account: name, password: await password(options) })
      out.data(made, options, (made) => `${plain(made.name)} has a new password. ${sayEnded(made)}`)
    })

  group
    .command('role')
    .summary('make somebody an admin, or not')
    .description('Changes what an account may do on this server. Taking rights away ends its logins.')
    .argument('<name>', 'the account')
    .addArgument(new Argument('<role>', 'its new role').choices(roles))
    .option('--json', 'print {id, name, role, logins, connections, unconfirmed, …}')
    .addHelpText('after', examples('account role bob admin', 'account role bob member'))
    .action(async (name: string, role: AccountRole, options: Json) => {
      const made = await ask('accountRole', { account: name, role })
      out.data(
        made,
        options,
        (made) =>
          `${plain(made.name)} is ${made.role === 'admin' ? 'an admin' : 'a member'} now.${made.logins > 0 ? ` ${plural(made.logins, 'login')} ended.` : ''}`,
      )
    })
}

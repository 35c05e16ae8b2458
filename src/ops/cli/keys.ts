import { Option } from 'commander'
import { Misused } from './exit.ts'
import { examples } from './help.ts'
import { minuteOf, sayEnded, table } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

export const addKeysCommands: Group = (program, { ask, out }) => {
  const group = program
    .command('keys')
    .summary('see, change and throw away signing keys')
    .description('The keys that sign tokens, and those that sign cookies. They change by themselves, see keys.rotateAfter.')
    .addHelpText('after', examples('keys list', 'keys rotate'))

  group
    .command('list')
    .summary('list the keys, not what they are')
    .description('Lists the keys: the active one signs, the next one will, retiring ones are only good for what they have signed.')
    .option('--json', 'print [{id, kind, state, createdAt, since}]')
    .addHelpText('after', examples('keys list', 'keys list --json | jq -r \'.[] | select(.state == "active").id\''))
    .action(async (options: Json) => {
      out.data(await ask('keysList', {}), options, (rows) =>
        table(
          rows,
          {
            KIND: ({ kind }) => kind,
            STATE: ({ state }) => state,
            'SINCE (UTC)': ({ since }) => minuteOf(since),
            'CREATED (UTC)': ({ createdAt }) => minuteOf(createdAt),
            ID: ({ id }) => id,
          },
          'There are no keys.',
        ),
      )
    })

  group
    .command('rotate')
    .summary('let the next keys sign, now')
    .description('Lets the next keys take over. What the ones before have signed still holds; nobody is signed out.')
    .addOption(new Option('--kind <kind>', 'only these (default: both)').choices(['token', 'cookie']))
    .option('--json', 'print [{kind, active, retiring}]')
    .addHelpText('after', examples('keys rotate', 'keys rotate --kind cookie'))
    .action(async (options: Json & { kind?: 'token' | 'cookie' }) => {
      const { kind } = options
      out.data(await ask('keysRotate', kind === undefined ? {} : { kind }), options, (rotated) =>
        rotated.map((one) => `The ${one.kind} key ${one.active} signs now; ${one.retiring} is kept for what it has signed.`).join('\n'),
      )
    })

  group
    .command('retire <kid>')
    .summary('throw a key away that others may have')
    .description('Throws a key away. What it signed is refused at once: its logins end, and connections that came in by it are closed.')
    .option('--now', 'has to be said: whoever rests on this key has to sign in again')
    .option('--json', 'print {id, kind, state, logins, connections, unconfirmed}')
    .addHelpText('after', examples('keys retire 7pS1rXK2bQyN0cVvJm4zTg --now', 'keys list'))
    .action(async (id: string, options: Json & { now?: boolean }) => {
      if (!options.now) throw new Misused('This signs people out: say --now. To change keys and sign nobody out: parley keys rotate')
      const retired = await ask('keysRetire', { id })
      out.data(retired, options, (made) => `The ${made.kind} key is gone. ${sayRetired(made)}`)
    })
}

const sayRetired = (made: { logins: number; connections: number; unconfirmed: number }): string =>
  made.logins === 0 && made.connections > 0 ? `Connections closed: ${made.connections}.` : sayEnded(made)

import { CommanderError } from 'commander'
import { checkConfig, describeConfig } from '../../config.ts'
import { examples } from './help.ts'
import { plain, table } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

export const addConfigCommands: Group = (program, { root, env, read, out }) => {
  const group = program
    .command('config')
    .summary('check and show the configuration')
    .description('The settings: config/default.yaml, config/local.yaml over it, PARLEY__SECTION__KEY in the environment over both.')
    .addHelpText('after', examples('config check', 'config show'))

  group
    .command('check')
    .summary('look for faults')
    .description('Names everything that is wrong, each with its file, line and column. Exit code 2 when there is a fault.')
    .option('--json', 'print {ok, faults, warnings}')
    .addHelpText('after', examples('config check', 'PARLEY__SERVER__PORT=443 parley config check').replace('parley PARLEY', 'PARLEY'))
    .action((options: Json) => {
      const { text, ...result } = checkConfig({ root, env })
      out.data(result, options, () => text)
      if (!result.ok) throw new CommanderError(2, 'parley.faults', 'told already')
    })

  group
    .command('show')
    .summary('show what holds, and where it was set')
    .description('Shows every setting with its value and where that was written. Secrets are masked.')
    .option('--json', 'print [{key, value, origin, restart}]')
    .addHelpText('after', examples('config show', 'config show --json | jq -r \'.[] | select(.key == "server.port").value\''))
    .action((options: Json) => {
      const rows = describeConfig(read()).map(({ key, value, origin, restart }) => ({ key, value, origin, restart }))
      out.data(rows, options, () =>
        table(rows, { SETTING: ({ key }) => key, VALUE: ({ value }) => plain(value) || '-', 'SET IN': ({ origin }) => origin }, ''),
      )
    })
}

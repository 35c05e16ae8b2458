import { CommanderError } from 'commander'
import {
  ConfigFaults,
  checkConfig,
  describeConfig,
  didYouMean,
  type Explained,
  explainSettings,
  type Reading,
  settingMeant,
} from '../../config.ts'
import { Misused } from './exit.ts'
import { examples } from './help.ts'
import { plain, table } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

export const addConfigCommands: Group = (program, { root, env, read, out }) => {
  const group = program
    .command('config')
    .summary('check, show and explain the configuration')
    .description('The settings: config/default.yaml, config/local.yaml over it, PARLEY__SECTION__KEY in the environment over both.')
    .addHelpText('after', examples('config check', 'config explain login.idle'))

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

  group
    .command('explain')
    .summary('what a setting means, and where to set it')
    .description(
      'Says of a setting, or of each in a section, what it means, what holds now, what may stand there and when a change takes effect.',
    )
    .argument('<setting>', 'such as login.idle, or a section such as login')
    .option('--json', 'print [{key, doc, allowed, value, origin, env, envFile, restart}]')
    .addHelpText('after', examples('config explain login.idle', 'config explain tls'))
    .action((setting: string, options: Json) => {
      const found = explainSettings(setting, withoutFaults(read))
      if (!found) throw new Misused(`There is no setting "${setting}".${didYouMean(settingMeant(setting))} All of them: parley config show`)
      out.data(found, options, () => found.map(paragraph).join('\n\n'))
    })
}

/** What a setting means can be asked while another one is wrong. */
function withoutFaults(read: () => Reading): Reading | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof ConfigFaults) return undefined
    throw error
  }
}

function paragraph({ key, doc, allowed, value, origin, env, envFile, restart }: Explained): string {
  return [
    plain(key),
    `  ${doc}`,
    ...(value === undefined ? [] : [`  Now:      ${plain(value) || 'nothing'} (${plain(origin ?? '')})`]),
    `  Allowed:  ${allowed}`,
    `  Set it:   ${key} in config/local.yaml, or ${env}${envFile === undefined ? '' : ` (${envFile}: a file that holds it)`}`,
    `  A change: ${restart ? 'after a restart' : 'after parley reload'}`,
  ].join('\n')
}

import { resolve } from 'node:path'
import { Command } from 'commander'
import manifest from '../../../package.json' with { type: 'json' }
import type { Reading } from '../../config.ts'
import { readConfig } from '../../config.ts'
import { addAccountCommands } from './account.ts'
import { type Ask, createAsk } from './ask.ts'
import { addAuditCommands } from './audit.ts'
import { addBackupCommands } from './backup.ts'
import { addBenchCommand } from './bench.ts'
import { addCertsCommands } from './certs.ts'
import { addCheckCommand } from './check.ts'
import { addConfigCommands } from './config.ts'
import { addDoctorCommand } from './doctor.ts'
import { type ExitCode, verdictOn } from './exit.ts'
import { commonTasks, examples, withoutValues } from './help.ts'
import { addInviteCommand } from './invite.ts'
import { addKeysCommands } from './keys.ts'
import { addLoginCommands } from './login.ts'
import { createOutput, type Output } from './output.ts'
import { addRoomCommands } from './room.ts'
import { addServeCommand, type StartServer } from './serve.ts'
import { addServerCommands } from './server.ts'
import { addStoreCommands } from './store.ts'
import { addTokenCommands } from './token.ts'

/** What takes long to load is loaded when a command needs it; main.ts knows where it is. */
export interface Loaders {
  house(): Promise<typeof import('../../house.ts')>
  startServer(): Promise<StartServer>
  bench(): Promise<typeof import('../../bench/deployment.ts')>
  check(): Promise<typeof import('../../check/deployment.ts')>
}

type Terminal<Stream> = Stream & { readonly isTTY?: boolean; readonly columns?: number }

/** Where a command runs. */
export interface Surroundings {
  /** The folder that holds config/. */
  root: string
  env: Readonly<Record<string, string | undefined>>
  stdin: Terminal<NodeJS.ReadableStream>
  stdout: Terminal<NodeJS.WritableStream>
  stderr: Terminal<NodeJS.WritableStream>
  load: Loaders
}

/** What every command has at hand. */
export interface Desk extends Surroundings {
  out: Output
  /** @throws ConfigFaults */
  read(): Reading
  ask: Ask
}

/** Puts the commands of one kind into the program. */
export type Group = (program: Command, desk: Desk) => void

const groups: Group[] = [
  addServeCommand,
  addConfigCommands,
  addAccountCommands,
  addRoomCommands,
  addLoginCommands,
  addTokenCommands,
  addInviteCommand,
  addServerCommands,
  addCertsCommands,
  addBackupCommands,
  addStoreCommands,
  addDoctorCommand,
  addKeysCommands,
  addAuditCommands,
  addBenchCommand,
  addCheckCommand,
]

/** Runs one command, and tells whoever sits there what went wrong. */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, stderr, root, env, load } = surroundings
  const out = createOutput(surroundings)
  // `parley … | head` and a terminal that closes: whoever no longer reads misses nothing that matters.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined)
  if (args.length === 0) {
    stdout.write(`${commonTasks}\n`)
    return 0
  }
  const read = () => readConfig({ root, env })
  const usualDir = resolve(root, env.PARLEY__DATA__DIR ?? 'data')
  const program = createProgram({ ...surroundings, out, read, ask: createAsk({ read, load, usualDir, say: out.say }) })
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    const { code, words } = verdictOn(error)
    if (words !== undefined) out.say(words)
    return code
  }
}

function createProgram(desk: Desk): Command {
  const program = new Command('parley')
    .description(manifest.description)
    .usage('COMMAND [options]')
    .version(manifest.version, '--version', 'print the version')
    .helpOption('-h, --help', 'show what a command does')
    .helpCommand('help [command]', 'show what a command does')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => desk.stdout.write(text),
      writeErr: (text) => desk.stderr.write(text),
      getOutHelpWidth: () => desk.stdout.columns ?? 80,
      getErrHelpWidth: () => desk.stderr.columns ?? 80,
      outputError: (words, write) => write(withoutValues(words)),
    })
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`))].join(' '),
    })
    .addHelpText('after', examples('serve', 'account add ada --role admin', 'login end --account ada --all'))
    .addHelpText(
      'after',
      '\nData goes to stdout, words to stderr. Exit codes: 0 done, 1 refused or failed, 2 wrong usage or configuration.\nPARLEY_ROOT names another folder that holds config/.',
    )
  for (const add of groups) add(program, desk)
  return program
}

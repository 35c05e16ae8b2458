import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isPostgres, readPostgresUrl } from '../../config/postgres-url.ts'
import type { StorePlace } from '../../config.ts'
import { sayProgress } from './backup.ts'
import { Misused } from './exit.ts'
import { examples } from './help.ts'
import { plural } from './output.ts'
import type { Desk, Group } from './program.ts'
import { readPassword } from './secret-input.ts'

interface Options {
  from: string
  to?: string
  passwordStdin?: boolean
  json?: boolean
}

type InPostgres = Extract<StorePlace, { kind: 'postgres' }>['place']

export const addStoreCommands: Group = (program, desk) => {
  const shown = examples(
    'drain && parley store migrate --from sqlite:data/parley.db --to postgres://parley@localhost/parley',
    'store migrate --from sqlite:data/parley.db --to postgres://parley@db.example/parley --password-stdin < password',
  )
  const store = program
    .command('store')
    .summary('move the store to another database')
    .description('Moves the store to another database, and looks after one that was put back there.')
  store.addHelpText('after', shown)
  store
    .command('migrate')
    .summary('move everything from a SQLite file into PostgreSQL')
    .description(
      'Moves a whole store from a SQLite file into an empty PostgreSQL, reads it back, and compares. The server must not run.\nEither all of it is there in the end, or nothing. The file stays as it is.',
    )
    .requiredOption('--from <sqlite:FILE>', 'the store that is')
    .option('--to <postgres://USER@HOST/DATABASE>', 'the database that it moves to; without it that of store.url')
    .option('--password-stdin', 'read the password for --to from stdin')
    .option('--json', 'print {from, to, store, lineage, migration, accounts, rooms, messages, bytes}')
    .addHelpText('after', shown)
    .addHelpText(
      'after',
      '\nAfterwards set store.url to the new place and start the server: everyone is still signed in, and nobody misses a message. Keep\ndata/master.key, which opens the secrets in the store. Never start a server on the old file again: what is said there is not here.',
    )
    .action(async (options: Options) => {
      const { config } = desk.read()
      const from = fromOf(options.from, desk.root)
      const to = options.to === undefined ? configured(config.store) : await toOf(options.to, options, desk)
      const [{ move }, { moving }] = await Promise.all([import('../move.ts'), desk.load.house()])
      const facts = await move({ config, moving, from, to, tell: sayProgress(desk.out.say, 'moved') })
      const place = `${to.host}:${to.port}/${to.database}`
      desk.out.data(
        { from: from.file, to: place, ...facts },
        options,
        ({ messages, accounts, rooms }) =>
          `Moved to ${place}, and read back: ${plural(messages, 'message')}, ${plural(rooms, 'room')}, ${plural(accounts, 'account')}.`,
      )
      if (!options.json) desk.out.say(`${from.file} is as it was. Set store.url to the new place before the server starts again.`)
    })
  addRestored(store, desk)
}

function addRestored(store: Command, desk: Desk): void {
  store
    .command('restored')
    .summary('after pg_restore: make the store safe to open')
    .description(
      'Makes a store that was put back with the tools of its database safe to open again: every login and invitation ends, since one\nthat had ended must not come back, and the pages of people read everything anew. No server may run. It is recorded.',
    )
    .option('--json', 'print {store, ended}')
    .addHelpText('after', examples('store restored', 'store restored --json'))
    .action(async (options: { json?: boolean }) => {
      const [{ settle }, { restoring }] = await Promise.all([import('../move.ts'), desk.load.house()])
      const made = await settle(desk.read().config, { restoring, now: Date.now })
      desk.out.data(made, options, ({ ended }) => `${plural(ended, 'login')} ended. The server may start.`)
      if (!options.json) desk.out.say('Accounts, passwords and roles are those of the copy: look through them (parley account list).')
    })
}

function fromOf(written: string, root: string): Extract<StorePlace, { kind: 'sqlite' }> {
  const [, path] = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(written) ?? []
  if (path === undefined) throw new Misused('--from must be sqlite:FILE')
  const file = resolve(root, path)
  if (!existsSync(file)) throw new Misused(`There is no store ${file}.`)
  return { kind: 'sqlite', file }
}

function configured(store: StorePlace): InPostgres {
  if (store.kind !== 'postgres') throw new Misused('Where to? Give --to postgres://USER@HOST/DATABASE, or set store.url to it.')
  return store.place
}

/** Arguments stand in the list of processes and in the history of the shell. */
async function toOf(written: string, { passwordStdin = false }: Options, { stdin, out }: Desk): Promise<InPostgres> {
  if (!isPostgres(written)) throw new Misused('--to must be postgres://USER@HOST/DATABASE')
  const place = readPostgresUrl(written)
  if ('wrong' in place) throw new Misused(`--to ${place.wrong}`)
  if (place.password !== undefined)
    throw new Misused('A password does not belong on the command line, where others see it: leave it out, and give --password-stdin.')
  return passwordStdin ? { ...place, password: await readPassword({ fromStdin: true, stdin, say: out.say }) } : place
}

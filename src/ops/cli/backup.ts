import { resolve } from 'node:path'
import type { Progress } from '../act.ts'
import type { Outcome } from '../restore.ts'
import { examples } from './help.ts'
import { plural } from './output.ts'
import type { Group } from './program.ts'

interface Json {
  json?: boolean
}

const mib = (bytes: number) => `${(bytes / 1_048_576).toFixed(1)} MiB`

const lostWords: Record<NonNullable<Outcome['lost']>[number], string> = {
  accounts: 'Passwords, roles and disabled accounts are those of the backup: look through them (account list).',
  logins: 'Which logins had ended cannot be read.',
  keys: 'Its keys cannot be read: those of the backup are in use, also one that was dropped since (keys list).',
  invitations: 'Which invitations were used cannot be read: all are withdrawn.',
  audit: 'Its log of security events cannot be read: that of the backup goes on.',
}

/** A line for each tenth; what is done at once says nothing. */
export function sayProgress(say: (words: string) => void, done = 'copied'): (progress: Progress) => void {
  let said = 0
  return (progress) => {
    const tenth = Math.floor((progress.done / Math.max(1, progress.of)) * 10)
    if (tenth <= said || progress.done >= progress.of) return
    said = tenth
    say(`${tenth * 10} % ${done} …`)
  }
}

export const addBackupCommands: Group = (program, desk) => {
  const { ask, out } = desk
  program
    .command('backup <file>')
    .summary('copy the store while it is in use')
    .description('Copies the store, as it is at this moment, into one file of mode 0600, and reads the copy through.')
    .option('--with-key', 'put the master key beside it, into FILE.key')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print {file, key?, store, lineage, migration, accounts, rooms, messages, bytes}')
    .addHelpText('after', examples('backup /safe/parley-$(date +%F).db', 'backup /safe/parley.db --with-key --force'))
    .addHelpText(
      'after',
      '\nWithout --with-key the master key is not in it: whoever finds the file can read all messages, but forge no sign-in. Keep\ndata/master.key elsewhere: without it, a restore on another machine has to make new secrets, and everyone signs in again.',
    )
    .action(async (file: string, options: Json & { withKey?: boolean; force?: boolean }) => {
      const { withKey = false, force = false } = options
      const made = await ask('backup', { file: resolve(file), withKey, force }, { tell: sayProgress(out.say) })
      out.data(
        made,
        options,
        ({ file, messages, accounts, bytes }) =>
          `${file}: ${plural(messages, 'message')}, ${plural(accounts, 'account')}, ${mib(bytes)}, whole.`,
      )
      if (options.json) return
      out.say(made.key === undefined ? 'The master key is not in it.' : `The master key is in ${made.key}: keep it apart from the backup.`)
    })

  program
    .command('restore <file>')
    .summary('put a backup in the place of the store')
    .description('Puts a backup in the place of the store. The server must not run. The store that is there is kept beside it.')
    .option('--new-secrets', 'go on without the master key of the backup: everyone signs in again')
    .option('--without-present', 'go on where accounts or logins of the present store cannot be read')
    .option('--json', 'print {store, kept?, logins, ended, holding, newSecrets, lost?, key?, accounts, rooms, messages, …}')
    .addHelpText('after', examples('drain && parley restore /safe/parley-2026-11-20.db', 'restore /safe/parley.db --json'))
    .addHelpText(
      'after',
      '\nRooms and messages are then as they were in the backup. Passwords, roles, disabled accounts and ended logins stay as they are\nnow: nobody gets back in by it. Where there is no present store, or one of another server, passwords, roles, disabled accounts\nand invitations are those of the backup, and every login is ended.\n\nA damaged present store is read as far as it can be. If that is not its accounts and its logins, nothing is changed without\n--without-present: what cannot be read is then that of the backup, so that an account disabled since can sign in again and an\nold password is good again. Every login is ended, and invitations that cannot be compared are withdrawn.',
    )
    .action(async (file: string, options: Json & { newSecrets?: boolean; withoutPresent?: boolean }) => {
      const { restore } = await import('../restore.ts')
      const { config } = desk.read()
      const { restoring } = await desk.load.house()
      const backup = resolve(file)
      const made = await restore({
        config,
        restoring,
        backup,
        newSecrets: options.newSecrets ?? false,
        withoutPresent: options.withoutPresent ?? false,
        now: Date.now,
        tell: sayProgress(out.say),
      })
      out.data(
        made,
        options,
        ({ messages, accounts, holding }) =>
          `Restored: ${plural(messages, 'message')}, ${plural(accounts, 'account')}, ${plural(holding, 'login')} still good.`,
      )
      if (options.json) return
      if (made.kept !== undefined) out.say(`The store from before is ${made.kept}.`)
      if (made.key !== undefined) out.say(`The master key is now that of the backup; the one from before is ${made.key}.`)
      if (made.lost !== undefined) for (const part of made.lost) out.say(`The present store is damaged. ${lostWords[part]}`)
      if (made.newSecrets) out.say('New secrets are made at the next start: every login and token has ended.')
      else if (made.logins === 'all')
        out.say(
          made.lost === undefined
            ? 'There was no present store of the same line to compare with: accounts and invitations are those of the backup, and every login has ended.'
            : 'Every login has ended: one that had been ended must not come back.',
        )
    })
}

import { styleText } from 'node:util'
import { CommanderError, InvalidArgumentError } from 'commander'
import type { Diagnosis } from '../doctor/doctor.ts'
import type { Finding, Level } from '../doctor/finding.ts'
import { addressOption } from './address.ts'
import { examples } from './help.ts'
import { plain, plural } from './output.ts'
import type { Group } from './program.ts'

interface Options {
  json?: boolean
  strict?: boolean
  url?: string
  idle: number
}

function seconds(written: string): number {
  const n = Number(written)
  if (!/^\d{1,3}$/.test(written) || n > 600) throw new InvalidArgumentError('It must be a number of seconds, 0 to 600.')
  return n
}

export const addDoctorCommand: Group = (program, { root, read, out, load }) => {
  program
    .command('doctor')
    .summary('look for what is wrong, and how to mend it')
    .description(
      'Looks at this machine, the store, the certificate and, through the public address, at the proxy in front. Sends nothing to any other machine.',
    )
    .option('--url <https://host>', 'the address that people type (default: that of the server)', addressOption)
    .option('--idle <seconds>', 'hold a silent socket for this long, too', seconds, 0)
    .option('--strict', 'let warnings count: exit code 1')
    .option('--json', 'print {schema, ok, server, url, proxy, findings: [{id, level, cause, fix?}], skipped: [{id, cause}]}')
    .addHelpText(
      'after',
      examples(
        'doctor',
        'doctor --url https://chat.example.org --idle 75',
        'doctor --json | jq -r \'.findings[] | select(.level != "ok").id\'',
      ),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing is broken, 1 with --strict when there is a warning, 2 something is broken. While it looks, the server has an\naccount parley-doctor-… with a login, which it takes away again.',
    )
    .action(async (options: Options) => {
      const [{ diagnose }, { realInstruments }, { restoring, examining }] = await Promise.all([
        import('../doctor/doctor.ts'),
        import('../doctor/instruments.ts'),
        load.house(),
      ])
      const { idle, url } = options
      const found = await diagnose({
        root,
        read,
        idle,
        instruments: { ...realInstruments, opens: restoring.opens, postgres: examining.postgres },
        ...(url !== undefined && { url }),
      })
      out.data(found, options, sayDiagnosis)
      const has = (level: Level) => found.findings.some((finding) => finding.level === level)
      if (has('error')) throw new CommanderError(2, 'parley.broken', 'told already')
      if (options.strict && has('warning')) throw new CommanderError(1, 'parley.warnings', 'told already')
    })
}

const marks: Record<Level, string> = {
  ok: styleText('green', '✓', { stream: process.stdout }),
  warning: styleText('yellow', '!', { stream: process.stdout }),
  error: styleText('red', '✗', { stream: process.stdout }),
}

function sayDiagnosis({ findings, skipped, url, server, proxy }: Diagnosis): string {
  const head =
    url === null
      ? []
      : [
          `${url}, server ${server}${proxy === null || proxy === 'none' ? '' : `, behind ${proxy === 'unknown' ? 'a proxy that does not name itself' : proxy}`}`,
        ]
  const counts = (level: Level) => findings.filter((finding) => finding.level === level).length
  const [errors, warnings] = [counts('error'), counts('warning')]
  const sum = errors + warnings === 0 ? 'Nothing is wrong.' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}.`
  return [...head, ...findings.map(sayFinding), ...saySkipped(skipped), sum].join('\n')
}

const sayFinding = ({ id, level, cause, fix }: Finding): string =>
  `${marks[level]} ${id.padEnd(20)} ${plain(cause)}${fix === undefined ? '' : `\n\n${fix.replace(/^/gm, '      ')}\n`}`

/** Those with the same reason on one line. */
const saySkipped = (skipped: Diagnosis['skipped']): string[] =>
  [...Map.groupBy(skipped, ({ cause }) => cause)].map(
    ([cause, all]) => `- not looked at: ${all.map(({ id }) => id).join(', ')}. ${plain(cause)}`,
  )

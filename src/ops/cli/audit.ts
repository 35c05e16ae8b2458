import { once } from 'node:events'
import { InvalidArgumentError } from 'commander'
import { Told } from './exit.ts'
import { examples } from './help.ts'
import { plural } from './output.ts'
import type { Desk, Group } from './program.ts'

interface Json {
  json?: boolean
}
interface Span extends Json {
  from?: number
  to?: number
}

export const addAuditCommands: Group = (program, desk) => {
  const { ask, out } = desk
  const group = program
    .command('audit')
    .summary('check and read the log of security events')
    .description('Who signed in, what ended, what an operator did: written once, each row chained to the one before.')
    .addHelpText('after', examples('audit verify', 'audit export --from 2026-11-01'))

  group
    .command('verify')
    .summary('look whether every row is as it was written')
    .description('Walks the whole log. Exit code 1 when a row was changed, removed, moved or added, and the first such row is named.')
    .option('--json', 'print {ok, rows, head: {seq, hash}, resealed?, fault?: {seq, words}}')
    .addHelpText('after', examples('audit verify', 'audit verify --json | jq .head'))
    .action(async (options: Json) => {
      const verdict = await ask('auditVerify', {})
      out.data(verdict, options, ({ rows, head, fault }) =>
        fault
          ? `${fault.words} The ${plural(rows, 'row')} before it ${rows === 1 ? 'is' : 'are'} good.`
          : `${plural(rows, 'row')}, each as it was written. The last one: ${head.seq} ${head.hash}`,
      )
      if (verdict.resealed !== undefined && !options.json)
        out.say(
          `A restore with new secrets sealed the log anew at row ${verdict.resealed}: it cannot be told whether rows were cut off there before.`,
        )
      if (!verdict.ok) throw new Told()
    })

  group
    .command('export')
    .summary('print the rows')
    .description('Prints the rows as JSON, one a line, oldest first.')
    .option('--from <time>', 'from this time on (UTC): 2026-11-01, 2026-11-01T08:00', time)
    .option('--to <time>', 'before this time (UTC)', time)
    .option('--json', 'print {seq, at, event, who, what?, address?, login?, request?, extra?, prev, hash} a line (the default)')
    .addHelpText(
      'after',
      examples('audit export > audit.ndjson', 'audit export --from 2026-11-01 | jq -r \'select(.event == "key_rotated")\''),
    )
    .action((span: Span) => printRows(desk, span))
}

/** Page by page, as fast as whoever reads takes them: neither side ever holds the whole log. */
async function printRows({ ask, stdout }: Desk, { from, to }: Span): Promise<void> {
  const span = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  for (let after = 0; stdout.writable; ) {
    const rows = await ask('auditPage', { ...span, after })
    const last = rows.at(-1)
    if (last === undefined) return
    const isTaken = stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    // Whoever has gone (`| head`) needs no more.
    if (!isTaken) await once(stdout, 'drain').catch(() => undefined)
    after = last.seq
  }
}

/** ISO 8601 in UTC, as ms since 1970. */
function time(written: string): number {
  const [, date, clock = 'T00:00'] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?Z?$/.exec(written) ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}${clock}Z`)
  if (Number.isNaN(ms)) throw new InvalidArgumentError('It must be a day or a time in UTC, such as 2026-11-01 or 2026-11-01T08:00.')
  return ms
}

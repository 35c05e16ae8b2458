import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Metric, topics } from '../../src/ops/metrics/table.ts'

/*
 * docs/metrics.md, from the table that /metrics is made of. `node test/ops/metrics-page.ts` writes it anew; a test
 * compares it.
 */
export const metricsPagePath = join(import.meta.dirname, '../../docs/metrics.md')

const intro = `# Metrics

What \`/metrics\` of the ops listener says (\`ops.host\`, \`ops.port\`; plain HTTP, by default 127.0.0.1:9464), in the text
format of Prometheus. It is not served at the public address, and nothing in it names a person, a room or an address.
How to collect it, and what to be woken up for: [operating](operating.md#watch). This page is written from the code.

Counters begin at 0 when the process does. Durations are in seconds, sizes in bytes. A histogram is there as
\`_bucket\` (with \`le\`), \`_sum\` and \`_count\`. A label never has a value that is not listed here, or \`other\`.
`

const valuesOf = (values: readonly string[] | string) =>
  typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(' ')

function section(title: string, metrics: Record<string, Metric>): string {
  const rows = Object.entries(metrics).map(([name, { type, help, labels = {} }]) => {
    const names = Object.keys(labels).map((label) => `\`${label}\``)
    return `| \`${name}\` | ${type} | ${names.join(' ')} | ${help} |`
  })
  const labelled = Object.entries(metrics).flatMap(([name, { labels = {} }]) =>
    Object.entries(labels).map(([label, values]) => `- \`${name}\` \`${label}\`: ${valuesOf(values)}`),
  )
  const table = ['| name | type | labels | what |', '|---|---|---|---|', ...rows].join('\n')
  return [`## ${title}`, table, ...(labelled.length > 0 ? [labelled.join('\n')] : [])].join('\n\n')
}

export const metricsPage = (): string =>
  `${[intro.trim(), ...Object.entries(topics).map(([title, metrics]) => section(title, metrics))].join('\n\n')}\n`

if (import.meta.main) writeFileSync(metricsPagePath, metricsPage())

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { table } from '../../src/ops/metrics/table.ts'
import { metricsPage, metricsPagePath } from './metrics-page.ts'

const folder = join(import.meta.dirname, '../../docs/monitoring')

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; description: string }
}
interface Panel {
  id: number
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string }[]
}

const rules = (parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)
const { panels } = JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')) as { panels: Panel[] }
const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })))
const labelsOfCollector = ['instance', 'job', 'le']

/** What is wrong with an expression: a metric or a label that is not in the table, a value that it never has. */
function faultsOf(expr: string): string[] {
  const named = [...expr.matchAll(/\b(parley_\w+)(?:\{([^}]*)\})?/g)]
  const faults = named.flatMap(([, name = '', inside = '']) => {
    const histogram = table.get(name.replace(/_(?:bucket|sum|count)$/, ''))
    const metric = table.get(name) ?? (histogram?.type === 'histogram' ? histogram : undefined)
    if (!metric || (metric === table.get(name) && metric.type === 'histogram')) return [`there is no series ${name}`]
    return [...inside.matchAll(/(\w+)(=~|!=|!~|=)"([^"]*)"/g)].flatMap(([, label = '', how = '', value = '']) => {
      if (labelsOfCollector.includes(label)) return []
      const values = metric.labels?.[label]
      if (values === undefined) return [`${name} has no ${label}`]
      const wanted = how.endsWith('~') ? new RegExp(`^(?:${value})$`) : { test: (given: string) => given === value }
      return typeof values === 'string' || values.some((given) => wanted.test(given)) ? [] : [`${name} never has ${label}="${value}"`]
    })
  })
  const labels = new Set([...labelsOfCollector, ...named.flatMap(([, name = '']) => labelNames(name))])
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = '']) => names.split(',').map((one) => one.trim()))
  return [...faults, ...grouped.filter((label) => !labels.has(label)).map((label) => `nothing has ${label}`)]
}
const labelNames = (name: string) => Object.keys((table.get(name) ?? table.get(name.replace(/_bucket$/, '')))?.labels ?? {})

test('docs/metrics.md is the table', () => {
  assert.equal(readFileSync(metricsPagePath, 'utf8'), metricsPage(), 'write it anew: node test/ops/metrics-page.ts')
})

test('every metric has a good name and says what it is', () => {
  for (const [name, { type, help, buckets }] of table) {
    assert.match(name, /^parley_[a-z0-9_]+$/)
    assert.equal(name.endsWith('_total'), type === 'counter', name)
    assert.match(help, /^[A-Z0-9].*\.$/, name)
    assert.ok(!help.includes('|'), name)
    assert.equal(buckets !== undefined, type === 'histogram', name)
    assert.deepEqual(
      buckets?.toSorted((a, b) => a - b),
      buckets && [...buckets],
      name,
    )
  }
})

test('an alert asks only for what is measured, and says what it means', () => {
  assert.ok(rules.length > 10)
  for (const { alert, expr, labels, annotations, ...rule } of rules) {
    assert.match(alert, /^Parley[A-Z]\w+$/)
    assert.match(expr, /\b(?:parley_|up\b)/)
    assert.deepEqual(faultsOf(expr), [], alert)
    assert.match(rule.for ?? '1m', /^\d+[smhd]$/)
    assert.match(labels.severity, /^(?:warning|critical)$/)
    assert.ok(annotations.summary.includes('$labels.instance') && annotations.description.length > 10, alert)
    assert.doesNotMatch(annotations.summary, /\d\d:\d\d/)
  }
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const what of ['up{job="parley"} == 0', 'parley_certificate_days_left < 14', 'parley_certificate_refused == 1'])
    assert.ok(
      rules.some(({ expr }) => expr === what),
      what,
    )
})

test('the dashboard asks only for what is measured, of the chosen nodes, and no panel lies on another', () => {
  assert.ok(targets.length > 30)
  for (const { title, expr } of targets) {
    assert.deepEqual(faultsOf(expr), [], title)
    for (const [, inside = ''] of expr.matchAll(/parley_\w+(\{[^}]*\})?/g))
      assert.match(inside, /instance=~"\$instance"/, `${title}: ${expr}`)
  }
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  )
  assert.equal(new Set(cells).size, cells.length)
  assert.ok(panels.every(({ gridPos: { x, w } }) => x + w <= 24))
})

test('every metric but a few is on the dashboard or wakes somebody up', () => {
  const asked = [...targets, ...rules].map(({ expr }) => expr).join('\n')
  const silent = [...table.keys()].filter((name) => !asked.includes(name))
  assert.deepEqual(silent, ['parley_frames_unanswered', 'parley_process_start_time_seconds', 'parley_build_info'])
})

test('what is not in the table is noticed', () => {
  assert.deepEqual(faultsOf('sum by (colour) (parley_connection{a="b"})'), ['there is no series parley_connection', 'nothing has colour'])
  assert.deepEqual(faultsOf('parley_posts_total{outcome="lost"} + parley_posts_total{kind="x"}'), [
    'parley_posts_total never has outcome="lost"',
    'parley_posts_total has no kind',
  ])
  assert.deepEqual(faultsOf('parley_commit_seconds > 1'), ['there is no series parley_commit_seconds'])
})

import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { type Metric, type NameOf, table } from './table.ts'
import { Tally } from './tally.ts'

type Labels = Record<string, string>

/** The metrics of the table, at their first values. One registry a server, none for the process: tests run many. */
export function createRegistry() {
  const registry = new Registry()
  const tallies = new Map<string, Tally>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()

  for (const [name, { type, help, labels = {}, buckets = [] }] of table) {
    const about = { name, help, labelNames: Object.keys(labels), registers: [registry] }
    if (type === 'gauge') gauges.set(name, new Gauge(about))
    else if (type === 'histogram') histograms.set(name, new Histogram({ ...about, buckets: [...buckets] }))
    else tallies.set(name, counterOf(about, labels))
  }

  return {
    tally: (name: NameOf<'counter'>): Tally => tallies.get(name) as Tally,
    histogram: (name: NameOf<'histogram'>): Histogram => histograms.get(name) as Histogram,
    /** Undefined: there is no such figure here, and none is shown. */
    set(name: NameOf<'gauge'>, value: number | undefined, labels: Labels = {}): void {
      const gauge = gauges.get(name) as Gauge
      if (value === undefined) gauge.remove(labels)
      else gauge.set(labels, value)
    },
    /** In the text format of Prometheus, version 0.0.4. */
    text: (): Promise<string> => registry.metrics(),
  }
}

/** A counter of the library that reads its tally when it is asked: counting itself is cheaper in plain numbers. */
function counterOf(about: ConstructorParameters<typeof Counter>[0], labels: Metric['labels']): Tally {
  const tally = new Tally(labels)
  new Counter({
    ...about,
    collect() {
      this.reset()
      for (const sample of tally.samples()) this.inc(sample.labels, sample.value)
    },
  })
  return tally
}

export type MetricsRegistry = ReturnType<typeof createRegistry>

import assert from 'node:assert/strict'

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const sampleForm = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const labelForm = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\.)*)"(?:,|$)/g

/** What `/metrics` says, read as a collector reads it: anything that is not the text format is a fault. */
export class Figures {
  readonly samples: Sample[]
  readonly types = new Map<string, string>()

  constructor(text: string) {
    assert.ok(text.endsWith('\n'))
    this.samples = text.split('\n').flatMap((line) => this.#line(line) ?? [])
    const series = this.samples.map(({ name, labels }) => JSON.stringify([name, Object.entries(labels).sort()]))
    assert.equal(new Set(series).size, series.length, 'a series is there twice')
  }

  #line(line: string): Sample | undefined {
    const [, type, kind] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (type !== undefined && kind !== undefined) this.types.set(type, kind)
    if (line === '' || line.startsWith('# ')) return undefined
    const [, name = '', inside = '', value = ''] = sampleForm.exec(line) ?? assert.fail(`not a sample: ${line}`)
    const labels = Object.fromEntries([...inside.matchAll(labelForm)].map(([, key = '', given = '']) => [key, given]))
    assert.equal(inside.replace(labelForm, ''), '', line)
    assert.ok(Number.isFinite(Number(value)) || value === '+Inf', line)
    return { name, labels, value: Number(value) }
  }

  /** One value; 0 where a series has not begun. */
  get(name: string, labels: Record<string, string> = {}): number {
    const wanted = Object.entries(labels)
    const found = this.samples.filter((one) => one.name === name && wanted.every(([key, value]) => one.labels[key] === value))
    return found.reduce((sum, { value }) => sum + value, 0)
  }

  has(name: string): boolean {
    return this.samples.some((one) => one.name === name)
  }

  /** The metric that a sample belongs to. */
  static of = (name: string, types: ReadonlyMap<string, string>): string =>
    types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
}

import { other } from './labels.ts'
import type { Metric } from './table.ts'

const few = 32

/**
 * A counter of up to two labels in plain numbers, so that counting costs two look-ups and allocates nothing. What is
 * not a known value of a label is counted as `other`.
 */
export class Tally {
  readonly #names: string[]
  readonly #isSmall: boolean
  readonly #cells: Map<string, Map<string, number>>

  constructor(labels: Metric['labels'] = {}) {
    this.#names = Object.keys(labels)
    const [first = [''], second = ['']] = Object.values(labels) as (readonly string[])[]
    this.#isSmall = first.length * second.length <= few
    this.#cells = new Map([...first, other].map((a) => [a, new Map([...second, other].map((b) => [b, 0]))]))
  }

  add(by: number, first = '', second = ''): void {
    const row = this.#cells.get(first) ?? (this.#cells.get(other) as Map<string, number>)
    const known = row.has(second) ? second : other
    row.set(known, (row.get(known) as number) + by)
  }

  /**
   * What was ever counted; where it is few series, all of them from the start at 0, so that whoever looks at the
   * increase does not miss the first.
   */
  *samples(): Generator<{ labels: Record<string, string>; value: number }> {
    const [first, second] = this.#names
    for (const [a, row] of this.#cells)
      for (const [b, value] of row) {
        const isShown = value > 0 || (this.#isSmall && a !== other && b !== other)
        if (isShown) yield { labels: { ...(first !== undefined && { [first]: a }), ...(second !== undefined && { [second]: b }) }, value }
      }
  }
}

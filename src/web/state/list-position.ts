import { signal } from '@preact/signals'
import type { VirtualizerHandle } from 'virtua'
import { me } from './chat.ts'
import { timeline, type Visit, visit } from './conversation.ts'
import { excerpt, extend } from './excerpt.ts'
import { atEnd } from './reading.ts'
import type { Row } from './rows.ts'

/** px from the end within which the reader counts as being there, and from either end at which the next page is fetched. */
const near = 60
const fetchAt = 800
/** ms in which the list measures what it jumped to: where it is meanwhile is nobody's choice. */
const settleMs = 300
/** px that stay visible above the line of what is new. */
const above = 72

/** Where a list was left in a visit that goes on: after signing in again one reads on at the same line. */
let left: { visit: Visit | undefined; key: string; offset: number } | undefined

/**
 * Where the reader of one room is. At the end: stays there whatever comes. Anywhere else: nothing that arrives above or below moves
 * what is being read; only the reader does.
 */
export class ListPosition {
  /** More than a screen from the end. */
  readonly away = signal(false)
  /** Messages of others that came since the reader left the end. */
  readonly missed = signal(0)
  /** Index of the topmost row on the screen. */
  readonly topRow = signal(0)
  list: VirtualizerHandle | null = null
  #rows: readonly Row[] = []
  #placed = false
  #stuck = true
  #first = ''
  #seen = 0
  #offset = 0
  #size = 0
  #settled = 0
  #fetching = false

  /** True in the one drawing in which older rows are put before those that are there. */
  isOlderAbove(rows: readonly Row[]): boolean {
    const first = firstKey(rows)
    return this.#placed && this.#first !== '' && first !== this.#first && rows.some(({ key }) => key === this.#first)
  }

  /** After every drawing of other rows. */
  drawn(rows: readonly Row[]): void {
    const last = this.#rows.at(-1)?.key
    this.#rows = rows
    this.#first = firstKey(rows)
    if (rows.length === 0 || this.list === null) return
    if (!this.#placed) this.#place()
    else if (rows.at(-1)?.key !== last && (this.#stuck || rows.at(-1)?.kind === 'pending')) this.toEnd()
    this.missed.value = this.#stuck ? 0 : othersAfter(rows, this.#seen)
    void this.#fetch()
  }

  /** Reading begins where it was left, or at the line of what is new, or at the end when nothing is. */
  #place(): void {
    this.#placed = true
    this.#seen = visit.peek()?.read ?? lastSeq(this.#rows)
    const before = left?.visit === visit.peek() ? left : undefined
    const at = this.#rows.findIndex(({ kind, key }) => (before === undefined ? kind === 'new' : key === before.key))
    if (at < 0) return this.toEnd()
    this.#stick(false)
    this.#jump(at, 'start', before?.offset ?? -above)
  }

  /** The list is taken from the screen. */
  leave(): void {
    const top = this.topRow.peek()
    const key = this.#rows[top]?.key
    left =
      this.list === null || this.#stuck || key === undefined
        ? undefined
        : { visit: visit.peek(), key, offset: this.list.scrollOffset - this.list.getItemOffset(top) }
  }

  scrolled(): void {
    if (this.list === null || !this.#placed) return
    const { scrollOffset, scrollSize, viewportSize } = this.list
    const left = scrollSize - scrollOffset - viewportSize
    if (performance.now() >= this.#settled) {
      if (left < near) this.#stick(true)
      else if (scrollOffset < this.#offset - 1 && scrollSize >= this.#size) this.#stick(false)
    }
    this.#offset = scrollOffset
    this.#size = scrollSize
    this.away.value = left > viewportSize
    this.topRow.value = this.list.findItemIndex(scrollOffset + 4)
    void this.#fetch()
  }

  /** Rows or the window changed their size. */
  resized(): void {
    if (this.#stuck && this.#placed) this.toEnd()
  }

  /** The reader's own hand is on the list: from here on it is their choice again. */
  taken(): void {
    this.#settled = 0
  }

  toEnd(): void {
    this.#stick(true)
    this.#jump(this.#rows.length - 1, 'end')
  }

  toRow(at: number): void {
    this.#stick(false)
    this.#jump(at, 'center')
  }

  #jump(at: number, align: 'start' | 'center' | 'end', offset = 0): void {
    this.#settled = performance.now() + settleMs
    this.list?.scrollToIndex(at, { align, offset })
    setTimeout(() => this.scrolled(), settleMs + 20)
  }

  #stick(stuck: boolean): void {
    this.#stuck = stuck
    atEnd.value = stuck && excerpt.peek() === undefined
    if (!stuck) return
    this.#seen = lastSeq(this.#rows)
    this.missed.value = 0
  }

  async #fetch(): Promise<void> {
    const shown = timeline.peek()?.of
    const part = excerpt.peek()
    if (this.list === null || shown === undefined || this.#fetching) return
    const { scrollOffset, scrollSize, viewportSize } = this.list
    this.#fetching = true
    try {
      if (scrollOffset < fetchAt) await (part === undefined ? shown.complete || shown.older() : extend('before'))
      if (part !== undefined && scrollSize - scrollOffset - viewportSize < fetchAt) await extend('after')
    } catch {
      // Without a connection there is nothing older to be had; the next scroll asks again.
    } finally {
      this.#fetching = false
    }
  }
}

const firstKey = (rows: readonly Row[]): string => rows.find(({ kind }) => kind === 'message')?.key ?? ''

const lastSeq = (rows: readonly Row[]): number => rows.findLast((row) => row.kind === 'message')?.message.seq ?? 0

const othersAfter = (rows: readonly Row[], seq: number): number =>
  rows.filter((row) => row.kind === 'message' && row.message.seq > seq && row.message.by !== me.peek()).length

import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import type { VirtualizerHandle } from 'virtua'
import type { Row } from '../state/rows.ts'

interface Given {
  list: RefObject<VirtualizerHandle | null>
  box: RefObject<HTMLDivElement | null>
  rows: readonly Row[]
}

const canFocus = (row: Row | undefined): boolean => row?.kind === 'message' || row?.kind === 'pending'

/**
 * One tab stop for the whole list: ↑ ↓ Home End walk over the messages, Tab goes on into the actions of the one that has the focus. That
 * one stays in the document however far it is scrolled away, so the focus is never lost.
 */
export function useRoving({ list, box, rows }: Given) {
  const chosen = useSignal<string | undefined>(undefined)
  const at = rows.findIndex(({ key }) => key === chosen.value)
  const index = at >= 0 ? at : rows.findLastIndex(canFocus)

  const goTo = (next: number) => {
    const key = rows[next]?.key
    if (key === undefined) return
    chosen.value = key
    list.current?.scrollToIndex(next, { align: 'nearest' })
    focusSoon(box, key)
  }

  return {
    key: rows[index]?.key,
    keep: at >= 0 ? [at] : [],
    focused: (event: FocusEvent) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-key]') : null
      if (row?.dataset['key'] !== undefined) chosen.value = row.dataset['key']
    },
    press: (event: KeyboardEvent) => {
      if (!(event.target instanceof HTMLElement) || event.target.dataset['key'] === undefined) return
      const next = nextIndex(event.key, index, rows)
      if (next === undefined || next < 0) return
      event.preventDefault()
      goTo(next)
    },
  }
}

function nextIndex(key: string, from: number, rows: readonly Row[]): number | undefined {
  switch (key) {
    case 'ArrowUp':
      return rows.findLastIndex((row, at) => at < from && canFocus(row))
    case 'ArrowDown':
      return rows.findIndex((row, at) => at > from && canFocus(row))
    case 'Home':
      return rows.findIndex(canFocus)
    case 'End':
      return rows.findLastIndex(canFocus)
    default:
      return undefined
  }
}

/** Gives the focus to a row once the list has put it on the screen. @returns the way to give up. */
export function focusSoon(box: RefObject<HTMLElement | null>, key: string): () => void {
  let tries = 20
  const look = () => {
    const row = box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)
    if (row) row.focus({ preventScroll: true })
    else if (tries-- > 0) frame = requestAnimationFrame(look)
  }
  let frame = requestAnimationFrame(look)
  return () => cancelAnimationFrame(frame)
}

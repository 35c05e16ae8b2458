import { nameOf } from '../state/people.ts'
import type { Row } from '../state/rows.ts'
import { transcript } from '../state/transcript.ts'

/**
 * A selection that reaches over several messages is copied as lines that say who and when: whole messages, also those between that
 * are not in the document. Within one message the browser copies what is selected.
 */
export function copyMessages(event: ClipboardEvent, box: HTMLElement, rows: readonly Row[]): void {
  const selection = getSelection()
  if (event.clipboardData === null || selection === null || selection.rangeCount === 0) return
  const range = selection.getRangeAt(0)
  const touched = [...box.querySelectorAll<HTMLElement>('article[data-key]')].filter((article) => holdsText(range, article))
  const keys = new Set(touched.map(({ dataset }) => dataset.key))
  const first = rows.findIndex(({ key }) => keys.has(key))
  const last = rows.findLastIndex(({ key }) => keys.has(key))
  if (last <= first) return
  event.clipboardData.setData('text/plain', transcript(rows.slice(first, last + 1), nameOf))
  event.preventDefault()
}

/** A range may end before the first letter of a message: that one was not meant. */
function holdsText(range: Range, article: HTMLElement): boolean {
  const prose = article.querySelector('.prose')
  if (prose === null || !range.intersectsNode(prose)) return false
  const within = document.createRange()
  within.selectNodeContents(prose)
  if (range.compareBoundaryPoints(Range.START_TO_START, within) > 0) within.setStart(range.startContainer, range.startOffset)
  if (range.compareBoundaryPoints(Range.END_TO_END, within) < 0) within.setEnd(range.endContainer, range.endOffset)
  return within.toString().trim() !== ''
}

import { nameOf } from '../state/people.ts'

const grounds = 8

/** Always the same ground for the same account. */
function groundOf(account: string): number {
  let sum = 0x811c9dc5
  for (const letter of account) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01000193)
  return (sum >>> 13) % grounds
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

function initials(name: string): string {
  const parts = name.trim().split(/\s+/u).slice(0, 2)
  return parts
    .map((part) => graphemes.segment(part)[Symbol.iterator]().next().value?.segment ?? '')
    .join('')
    .toLocaleUpperCase()
}

/** Initials on a ground of their own: drawn, not text, since the name itself stands beside them. */
export const Face = ({ account, small = false }: { account: string; small?: boolean }) => (
  <span class={`face ground-${groundOf(account)}${small ? ' small' : ''}`} data-initials={initials(nameOf(account))} aria-hidden="true" />
)

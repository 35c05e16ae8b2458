import { Refusal } from '../protocol/codes.ts'
import { fold, invisible } from '../protocol/names.ts'

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/
/** The operator's name in the log of a room. */
const reserved = new Set(['parley'])
const mostDisplay = 64

/**
 * ASCII only, so that no two names look alike; what people read is `display`.
 * @throws Refusal invalid
 */
export function checkName(name: string): string {
  if (!wellFormed.test(name))
    throw new Refusal('invalid', 'name: 1–32 letters, digits, dots, underscores and hyphens (A–Z a–z 0–9 . _ -), a letter or digit first')
  if (reserved.has(fold(name))) throw new Refusal('name_taken')
  return name
}

/** @throws Refusal invalid */
export function checkDisplay(display: string): string {
  const trimmed = display.normalize('NFC').trim()
  if (trimmed === '' || [...trimmed].length > mostDisplay) throw new Refusal('invalid', `display: 1–${mostDisplay} characters`)
  if (invisible.test(trimmed)) throw new Refusal('invalid', 'display: no invisible characters')
  return trimmed
}

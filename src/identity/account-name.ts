import { Refusal } from '../protocol/codes.ts'
import { fold } from '../protocol/names.ts'

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/
/** The operator's name in the log of a room. */
const reserved = new Set(['parley'])
const mostDisplay = 64
/** Controls, and the marks that turn text around or take no space: with them one name can be made to look like another. */
const invisible = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]/u

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

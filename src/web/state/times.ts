const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const relativeDay = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

const dayMs = 86_400_000
const startOfDay = (at: number): number => new Date(at).setHours(0, 0, 0, 0)

export const clock = (at: number): string => time.format(at)
export const fullTime = (at: number): string => full.format(at)
export const isoTime = (at: number): string => new Date(at).toISOString()

/** “Today”, “yesterday”, “Monday, 3 March”, “3 March 2025”, in the reader's language. */
export function dayName(at: number, now: number): string {
  const ago = Math.round((startOfDay(at) - startOfDay(now)) / dayMs)
  if (ago === 0 || ago === -1) return capital(relativeDay.format(ago, 'day'))
  return ago > -300 ? day.format(at) : dayWithYear.format(at)
}

/** Time alone for today, with the date otherwise. */
export const shortTime = (at: number, now: number): string => (startOfDay(at) === startOfDay(now) ? clock(at) : short.format(at))

const capital = (given: string): string => given.charAt(0).toLocaleUpperCase() + given.slice(1)

const units = [
  ['day', dayMs],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** A length of time in its largest unit: “3 hours”. */
export function lengthOf(ms: number): string {
  const [unit, size] = units.find(([, least]) => ms >= least) ?? units[3]
  return new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' }).format(Math.max(0, Math.floor(ms / size)))
}

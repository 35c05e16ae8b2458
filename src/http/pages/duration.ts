const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/** ms → “12 hours”: in the largest unit of which there is at least one, rounded up. */
export function inWords(ms: number): string {
  const [size, unit] = units.find(([each]) => ms >= each) ?? units[3]
  const n = Math.max(1, Math.ceil(ms / size))
  return `${n} ${unit}${n === 1 ? '' : 's'}`
}

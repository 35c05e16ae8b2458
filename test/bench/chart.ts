import type { SubjectName } from './subjects.ts'
import { type Results, ratios } from './table.ts'

const width = 760
const bar = { height: 16, gap: 4 }
const left = 190
const right = 70
const hues: Partial<Record<SubjectName, string>> = {
  parley: '#1d7f6e',
  ws: '#8a8f98',
  'ws-best': '#b7bcc4',
  'socket.io': '#c9a227',
  ejabberd: '#a05a7a',
  prosody: '#5b7db1',
}

/** Bars of how each subject did beside bare `ws`, scenario by scenario; longer is better. Reads on light and on dark. */
export function chartOf(all: readonly Results[]): string {
  const groups = all
    .map((results) => ({
      results,
      bars: (Object.keys(results.figures) as SubjectName[])
        .map((subject) => ({ subject, ratio: gain(results, subject) }))
        .filter(({ ratio }) => Number.isFinite(ratio)),
    }))
    .filter(({ bars }) => bars.length > 1)
  const longest = Math.max(1, ...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)))
  let y = 10
  const parts: string[] = []
  for (const { results, bars } of groups) {
    parts.push(`<text x="0" y="${y + 12}" class="title">${escaped(`${results.name}: ${results.words}`)}</text>`)
    y += 24
    for (const { subject, ratio } of bars) {
      const length = (ratio / longest) * (width - left - right)
      parts.push(
        `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${subject}</text>`,
        `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${bar.height}" rx="2" fill="${hues[subject] ?? '#777'}"/>`,
        `<text x="${left + length + 6}" y="${y + 12}">×${ratio.toFixed(2)}</text>`,
      )
      y += bar.height + bar.gap
    }
    y += 14
  }
  const style = 'text{font:12px system-ui,sans-serif;fill:#6b7280}.title{font-weight:600}'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img"><title>Beside bare ws, median of ratios of the same round; longer is better</title><style>${style}</style>${parts.join('')}</svg>\n`
}

/** How many times better than bare `ws`. */
function gain(results: Results, subject: SubjectName): number {
  const { mid } = ratios(results, subject)
  return results.headline.better === 'more' ? mid : 1 / mid
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

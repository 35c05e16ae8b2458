import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const require = createRequire(import.meta.url)
/** The axe that @axe-core/playwright brings, put into a page once: its own builder sends the half megabyte for every look. */
const { source } = createRequire(require.resolve('@axe-core/playwright'))('axe-core') as { source: string }

interface Violation {
  id: string
  nodes: { target: string[]; failureSummary: string }[]
}

const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']
/** Layout depends on the width and contrast on the colours; every rule sees both widths and both schemes, contrast all four pairs. */
const looks = [
  { width: 1280, colorScheme: 'light', rules: everything },
  { width: 1280, colorScheme: 'dark', rules: ['color-contrast'] },
  { width: 390, colorScheme: 'light', rules: ['color-contrast'] },
  { width: 390, colorScheme: 'dark', rules: everything },
] as const

/** Colours that are on their way to others have no contrast yet. */
const colours = 'Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map(({ finished }) => finished))'

/** Nothing that axe knows of WCAG 2.2 AA is wrong with the page as it is now, and none of it has to be scrolled sideways. */
export async function isSound(page: Page, what: string): Promise<void> {
  const findings: string[] = []
  if ((await page.evaluate('typeof axe')) === 'undefined') await page.evaluate(source)
  for (const { width, colorScheme, rules } of looks) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate(colours)
    const run = `axe.run({ runOnly: ${JSON.stringify(rules)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`
    for (const { id, nodes } of await page.evaluate<Violation[]>(run))
      findings.push(
        ...nodes.map(({ target, failureSummary }) => `${what}, ${width} px, ${colorScheme}: ${id} at ${target}\n${failureSummary}`),
      )
    const tooWide = await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')
    if (tooWide) findings.push(`${what}, ${width} px: it has to be scrolled sideways`)
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  assert.deepEqual(findings, [])
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seedOf } from '../gateway/chance.ts'
import type { Deployment } from './deployment.ts'
import { possible } from './kinds.ts'
import { playRound, shuffled } from './round.ts'
import { startDeployment } from './start.ts'
import { tableOf } from './tally.ts'

/*
 * `npm run test:faults` does this for hours; here it is short enough for every run, in files that share the time of two cores.
 */
const sizes = {
  sqlite: { faults: 11, acknowledged: 50_000 },
  cluster: { faults: 9, acknowledged: 20_000 },
} as const
/** ms: twenty seconds are usual. */
const hurryAfter = 45_000

/** One round with some of these faults, in an order of chance. */
export function playShort(harm: string, kind: Deployment['kind'], names: readonly string[]): void {
  const { faults, acknowledged } = sizes[kind]
  test(`${harm}: of ${acknowledged.toLocaleString('en')} acknowledged messages none is lost, doubled, out of order or shown to anybody else`, async (t) => {
    const seed = seedOf(t)
    const { names: can, left } = possible(kind, [...names])
    for (const [name, why] of left) t.diagnostic(`${name} is left out: ${why}`)
    const deployment = await startDeployment(kind, faults)
    t.after(() => deployment.close())
    const plan = { seed, faults: shuffled(can, faults, seed), stride: Math.ceil(acknowledged / (faults + 1)), hurryAfter }
    const began = performance.now()
    const round = await playRound(deployment, plan, (words) => t.diagnostic(words))
    t.diagnostic(tableOf([round]))
    assert.deepEqual(round.report.verdicts, [])
    assert.equal(round.played.length, faults)
    const { figures } = round.report
    const wasLate = performance.now() - began > hurryAfter
    if (wasLate) t.diagnostic('this machine had little time: less was said than is usual')
    else assert.ok(figures.acknowledged >= acknowledged, `${figures.acknowledged} were acknowledged`)
    assert.ok(figures.delivered > figures.acknowledged, 'what was said was heard')
  })
}

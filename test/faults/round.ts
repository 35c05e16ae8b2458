import { setTimeout as passed } from 'node:timers/promises'
import type { Report } from '../../src/check/checker.ts'
import type { Verdict } from '../../src/check/seen.ts'
import { chance } from '../gateway/chance.ts'
import type { Deployment } from './deployment.ts'
import { guard, within } from './fault.ts'
import { kinds } from './kinds.ts'
import { Oracle } from './oracle.ts'
import { allReady } from './ready.ts'

/** What is done to one deployment, in one go. */
export interface Plan {
  seed: number
  /** Names of faults, in the order in which they happen. */
  faults: readonly string[]
  /** Posts that are acknowledged between two faults. */
  stride: number
  /** ms after which a tenth of it has to do: a machine that has no time for us is no fault of Parley's. */
  hurryAfter?: number
}

/** How a round went. */
export interface Round {
  plan: Plan
  /** What was acknowledged around each fault: from the end of the one before to when people could talk again after it. */
  played: { name: string; acknowledged: number; ms: number }[]
  report: Report
}

const people = { rooms: 2, window: 160, patience: 3000, quiet: 2 * guard }

/** People talk without a pause; one fault after the other happens; then everything they saw is judged. */
export async function playRound(deployment: Deployment, plan: Plan, progress: (words: string) => void): Promise<Round> {
  const { nodes, ca, tokens, doomed } = deployment
  const luck = chance(plan.seed)
  const job = { ...people, ca, tokens, doomed, ports: nodes.map(({ road }) => road.port), seed: plan.seed }
  const oracle = await within('people come in', Oracle.start(job))
  const played: Round['played'] = []
  const failures: Verdict[] = []
  const late = performance.now() + (plan.hurryAfter ?? Number.POSITIVE_INFINITY)
  const stride = () => (performance.now() < late ? plan.stride : Math.ceil(plan.stride / 10))
  try {
    await oracle.progress(stride(), guard)
    for (const name of plan.faults) {
      const [before, began] = [oracle.acknowledged, performance.now()]
      const failed = await play(name)
      const ms = Math.round(performance.now() - began)
      played.push({ name, acknowledged: oracle.acknowledged - before, ms })
      progress(`${name}: ${failed ?? `${oracle.acknowledged - before} acknowledged in ${ms} ms`}`)
      if (failed === undefined) continue
      failures.push({ kind: 'stuck', words: `${name}: ${failed}` })
      break
    }
    const report = await oracle.finish()
    return { plan, played, report: { ...report, verdicts: [...failures, ...report.verdicts] } }
  } finally {
    oracle.close()
  }

  /** Why it was no fault that people and servers survive; nothing, if they do. */
  async function play(name: string): Promise<string | undefined> {
    try {
      const fault = kinds[name]
      if (!fault) throw new Error('there is no such fault')
      await fault.play({ deployment, oracle, chance: luck, node: luck.pick(nodes) })
      if (nodes.length > 1) await within('all nodes are ready again', allReady(deployment))
      await oracle.progress(stride(), guard)
      return undefined
    } catch (error) {
      await passed(200) // what a server says of it comes a moment later
      return `${error instanceof Error ? error.message : error}\n${nodes.map(({ name, said }) => `${name} said: ${said}`).join('\n')}`
    }
  }
}

/** Some of them, each as often as the others, in an order of chance. */
export function shuffled(names: readonly string[], count: number, seed: number): string[] {
  const luck = chance(seed)
  const order: string[] = []
  while (order.length < count) {
    const left = [...names]
    while (left.length > 0) order.push(...left.splice(luck.below(left.length), 1))
  }
  return order.slice(0, count)
}

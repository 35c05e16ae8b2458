import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Passwords } from '../../src/identity/passwords.ts'
import { createSignIn } from '../../src/identity/sign-in.ts'
import { chance, seedOf } from '../gateway/chance.ts'
import { openHousehold, password, refusal } from '../identity/household.ts'

/** Attempts for each of the four names in a round. */
const samples = 500
/** A difference must show in each of so many rounds: by chance that happens once in a million runs. */
const rounds = 3
const loose = { perAccount: 10_000_000, perAddress: 10_000_000, failuresInARow: 10_000_000 }

/** Whether two lists of times come from the same distribution: the p of Mann and Whitney's U, two-sided, by the normal approximation. */
function likeness(a: number[], b: number[]): number {
  const all = [...a.map((ms) => ({ ms, isA: true })), ...b.map((ms) => ({ ms, isA: false }))].sort((one, other) => one.ms - other.ms)
  const rankSum = all.reduce((sum, { isA }, i) => (isA ? sum + i + 1 : sum), 0)
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const mean = (a.length * b.length) / 2
  const deviation = Math.sqrt((a.length * b.length * (a.length + b.length + 1)) / 12)
  return 2 * (1 - normal(Math.abs(u - mean) / deviation))
}

/** Φ(z) for z ≥ 0, by Abramowitz and Stegun 26.2.17; its error is below 1e-7. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429].reduceRight((sum, b) => (sum + b) * t, 0)
  return 1 - (Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI)) * series
}

/** Somebody, nobody, somebody who was locked out, and a program without a password. */
async function openTown() {
  const house = await openHousehold(loose)
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const gone = await house.accounts.add({ name: 'gone', password, role: 'member' })
  await house.accounts.disable(gone.id)
  await house.accounts.add({ name: 'bot', role: 'member' })
  return house
}

/** ms of each wrong attempt, the names in an order that nothing else can follow. */
async function timesOf(signIn: Awaited<ReturnType<typeof openTown>>['signIn'], names: string[], each: number, seed: number) {
  const { below } = chance(seed)
  const left = names.flatMap((name) => Array.from({ length: each }, () => name))
  const times = new Map(names.map((name) => [name, [] as number[]]))
  while (left.length > 0) {
    const [name = ''] = left.splice(below(left.length), 1)
    const since = performance.now()
    await assert.rejects(signIn.signIn({ name, password: 'not the right one', address: '10.0.0.1' }), refusal('signed_out'))
    times.get(name)?.push(performance.now() - since)
  }
  return times
}

test('how long a wrong sign-in takes does not tell whether there is such an account (AUT-07)', async (t) => {
  const house = await openTown()
  const seed = seedOf(t)
  const others = ['nobody', 'gone', 'bot']
  await timesOf(house.signIn, ['ada', ...others], 10, seed)
  let suspects = others
  for (let round = 1; round <= rounds && suspects.length > 0; round++) {
    const times = await timesOf(house.signIn, ['ada', ...others], samples, seed + round)
    const told = others.map((name) => [name, likeness(times.get('ada') ?? [], times.get(name) ?? [])] as const)
    t.diagnostic(
      `round ${round}, ${samples} attempts each, p against ada: ${told.map(([name, p]) => `${name} ${p.toFixed(3)}`).join(', ')}`,
    )
    suspects = told.filter(([name, p]) => suspects.includes(name) && p <= 0.01).map(([name]) => name)
  }
  await house.close()
  assert.deepEqual(suspects, [])
})

test('and it would be seen if it did: nobody’s password not hashed, or hashed at half the cost', async (t) => {
  const house = await openTown()
  const seed = seedOf(t)
  const { db, audit, tally, passwords, throttle, devices, logins } = house
  const notAtAll: Passwords['verify'] = async (given, stored) =>
    stored === null ? { right: false, stale: false } : passwords.verify(given, stored)
  const half: Passwords['verify'] = async (given, stored) => {
    if (stored !== null) await passwords.verify(given, stored)
    return passwords.verify(given, stored)
  }
  for (const verify of [notAtAll, half]) {
    const signIn = createSignIn({ db, audit, tally, passwords: { ...passwords, verify }, throttle, devices, logins })
    const times = await timesOf(signIn, ['ada', 'nobody'], 60, seed)
    assert.ok(likeness(times.get('ada') ?? [], times.get('nobody') ?? []) < 1e-6)
  }
  await house.close()
})

test('Mann and Whitney are told right', () => {
  const row = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + i)
  assert.ok(likeness(row(200, 0), row(200, 0.5)) > 0.9)
  assert.ok(likeness(row(200, 0), row(200, 100)) < 1e-6)
})

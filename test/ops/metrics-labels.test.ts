import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { table } from '../../src/ops/metrics/table.ts'
import { Tally } from '../../src/ops/metrics/tally.ts'
import { Visitor } from '../http/visitor.ts'
import { certificate, startHouse, type TestHouse } from '../support/house.ts'
import { Figures } from './figures.ts'

let house: TestHouse
before(async () => {
  house = await startHouse({
    settings: { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '100000', PARLEY__LIMITS__CONNECTIONSPERLOGIN: '1000' },
  })
})
after(() => house.close())

const figures = async () => new Figures(await house.service.metrics())
const nonsense = (i: number) => `zz${(i * 7919).toString(36)}"}\\\n{x="1`

/** Every label of every sample is one that the table lists, `other`, or a bound of a histogram. */
function assertBounded({ samples, types }: Figures): void {
  for (const { name, labels } of samples) {
    const metric = table.get(Figures.of(name, types)) ?? assert.fail(`${name} is not in the table`)
    for (const [label, value] of Object.entries(labels)) {
      if (label === 'le') continue
      const listed = metric.labels?.[label] ?? assert.fail(`${name} has no label ${label}`)
      if (typeof listed !== 'string') assert.ok(value === 'other' || listed.includes(value), `${name}: ${label}="${value}"`)
    }
  }
}

test('no path, method, name or frame that somebody makes up becomes a label', async () => {
  const ada = await house.person('ada')
  const guest = await house.connect(ada)
  const browser = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  const before = (await figures()).samples.length
  for (let i = 0; i < 40; i++) {
    const word = encodeURIComponent(nonsense(i))
    await browser.ask(`/${word}`, { method: i % 2 ? 'GET' : 'PROPFIND' })
    await browser.ask(`/api/v1/${word}?${word}=${word}`)
    await browser.ask(`/assets/${word}`)
    await browser.signIn(nonsense(i), nonsense(i))
    await guest.ask(nonsense(i))
    await guest.ask('constructor', { room: nonsense(i) })
    await guest.ask('post', { room: nonsense(i) })
    await house.refusal({ ...ada, token: `a${i}` }, { headers: { origin: `https://${i}.example` } })
  }
  await guest.ask('__proto__')
  browser.close()
  const now = await figures()
  assertBounded(now)
  const text = JSON.stringify(now.samples)
  assert.ok(!/zz|example|constructor|__proto__|PROPFIND/.test(text))
  assert.ok(now.samples.length < before + 100, `${now.samples.length - before} new series`)
  assert.ok(now.get('parley_frames_total', { type: 'unreadable' }) > 80)
})

test('what is not on the list counts as other, and nothing is lost', () => {
  const tally = new Tally({ reason: ['a', 'b'], status: ['1'] })
  for (let i = 0; i < 1000; i++) tally.add(1, nonsense(i), nonsense(i))
  tally.add(2, 'a', '1')
  const samples = [...tally.samples()]
  assert.ok(samples.length <= 4)
  assert.equal(
    samples.reduce((sum, { value }) => sum + value, 0),
    1002,
  )
  assert.deepEqual(
    samples.filter(({ value }) => value > 0),
    [
      { labels: { reason: 'a', status: '1' }, value: 2 },
      { labels: { reason: 'other', status: 'other' }, value: 1000 },
    ],
  )
})

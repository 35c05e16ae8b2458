import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { checkDeployment } from '../../src/check/deployment.ts'
import { Refusal } from '../../src/protocol/codes.ts'
import { roomy } from '../bench/seed.ts'
import { certificate, startHouse } from '../support/house.ts'

const names = ['ada', 'bob', 'cyd', 'dan'] as const

async function scene(t: TestContext, settings: Record<string, string> = roomy) {
  const house = await startHouse({ settings })
  t.after(() => house.close())
  const people = await house.people(...names)
  const said: string[] = []
  /** @param meanwhile called when everybody is there */
  const check = (tokens: string[], meanwhile: () => void = () => undefined) =>
    checkDeployment({
      ...{ urls: [house.url], tokens, ca: certificate().cert, talk: 500 },
      progress: (words) => {
        if (said.push(words) === 1) meanwhile()
      },
    })
  return { house, said, check, tokens: people.map(({ token }) => token) }
}

test('people talk, come and go and look in from outside, and nothing is wrong', async (t) => {
  const { house, said, check, tokens } = await scene(t)
  const { verdicts, figures } = await check([...tokens, tokens[0] as string])
  assert.deepEqual(verdicts, [])
  assert.ok(figures.acknowledged > 10 && figures.delivered > figures.acknowledged, JSON.stringify(figures))
  assert.equal(said[0], '2 in 2 new rooms, one who comes and goes, a stranger; they talk for 1 s')
  assert.equal(house.log.filter((line) => line.includes('"level":"error"')).length, 0)
})

test('one person is enough, within the limits of any server', async (t) => {
  const { check, tokens } = await scene(t, {})
  const { verdicts, figures } = await check(tokens.slice(0, 1))
  assert.deepEqual(verdicts, [])
  assert.ok(figures.acknowledged > 0)
})

test('who is refused for now asks again, and misses nothing', async (t) => {
  const { house, check, tokens } = await scene(t)
  const { reads } = house.service.house.store
  const open = reads.open.bind(reads)
  let asked = 0
  reads.open = (account, asks) => (++asked <= 3 ? Promise.reject(new Refusal('unavailable')) : open(account, asks))
  const { verdicts } = await check(tokens)
  assert.deepEqual(verdicts, [])
  assert.ok(asked > 3)
})

test('what the store loses afterwards is missed', async (t) => {
  const { house, check, tokens } = await scene(t)
  const { db } = house.service.house.store
  const lose = async () => {
    const first = () => db.selectFrom('event').select('id').where('kind', '=', 'message').executeTakeFirst()
    let found = await first()
    while (!found) found = await first()
    await db.deleteFrom('event').where('id', '=', found.id).execute()
  }
  let lost: Promise<void> | undefined
  const { verdicts } = await check(tokens.slice(0, 2), () => {
    lost = lose()
  })
  await lost
  assert.ok(
    verdicts.some(({ kind }) => kind === 'lost'),
    JSON.stringify(verdicts),
  )
})

test('a token that is not taken is told, with the status', async (t) => {
  const { check } = await scene(t)
  await assert.rejects(check(['no.token.this']), /401/)
})

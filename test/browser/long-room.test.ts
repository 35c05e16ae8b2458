import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { people, until, visitor } from './visitor.ts'

let stage: Stage
before(async () => {
  stage = await openStage({ settings: { PARLEY__LIMITS__POSTBURST: '1000', PARLEY__LIMITS__PENDING: '1000' } })
})
afterEach(() => stage.calm())
after(() => stage.close())

const mostNodes = 150
const line = (at: number) => `Line ${at}${at % 7 === 0 ? `, which is a good deal longer than the others${' and goes on'.repeat(20)}` : ''}`

test('of a room of 600 messages few are in the document; older ones come as ada scrolls, and nothing moves under her eyes', async () => {
  const [ada, bob] = await people(stage, 'ada', 'bob')
  const room = await stage.house.room('tea', [ada, bob])
  const guest = await stage.house.connect(bob)
  const posts = Array.from({ length: 600 }, (_, at) =>
    guest.say('post', { room, key: `line-of-bob-${at + 1}-`.padEnd(20, 'x'), text: line(at + 1) }),
  )
  await Promise.all(posts.map((ref) => guest.answerTo(ref)))

  const here = await visitor(stage, 'ada', `/r/${room}`)
  await here.reads('Line 600')
  const { page } = here
  await page.mouse.move(640, 360)
  let most = 0
  await until('the first line is reached', async () => {
    most = Math.max(most, await here.log.getByRole('article').count())
    await page.mouse.wheel(0, -1_500)
    return (await here.log.getByText('Line 1', { exact: true }).count()) > 0
  })
  assert.ok(most <= mostNodes, `${most} messages in the document`)

  // What is being read stays where it is while others write.
  const scrolled = () => page.evaluate<number>(`document.querySelector('.list').scrollTop`)
  const first = await scrolled()
  await page.mouse.wheel(0, 3_000)
  await until('the wheel has turned', async () => (await scrolled()) > first + 1_000)
  const top = `(() => {
    const frame = document.querySelector('.list').getBoundingClientRect()
    const row = [...document.querySelectorAll('.list article')].find((one) => one.getBoundingClientRect().top > frame.top + 40)
    return { key: row.dataset.key, top: row.getBoundingClientRect().top }
  })()`
  interface Place {
    key: string
    top: number
  }
  await until('the list has come to rest', async () => {
    const before = await page.evaluate<Place>(top)
    await page.evaluate(
      'new Promise((resolve) => { let left = 20; (function frame() { left-- ? requestAnimationFrame(frame) : resolve() })() })',
    )
    const now = await page.evaluate<Place>(top)
    return before.key === now.key && before.top === now.top
  })
  const before = await page.evaluate<Place>(top)
  for (let at = 601; at <= 610; at += 1) await guest.post(room, line(at))
  await page.getByRole('button', { name: '10 new messages' }).waitFor()
  const kept = await page.evaluate<number>(`document.querySelector('[data-key="${before.key}"]').getBoundingClientRect().top`)
  assert.ok(Math.abs(kept - before.top) <= 1, `moved by ${kept - before.top} px`)

  await page.getByRole('button', { name: '10 new messages' }).click()
  await here.message('Line 610').waitFor()
  assert.ok((await here.log.getByRole('article').count()) <= mostNodes)
})

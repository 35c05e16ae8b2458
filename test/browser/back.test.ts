import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { openStage, type Stage } from '../support/browser.ts'
import { storageOf } from './storage.ts'
import { password, people, until, Visitor, visitor } from './visitor.ts'

let stage: Stage
let tea: string
before(async () => {
  stage = await openStage({ keepsPages: true })
  tea = await stage.house.room('tea', await people(stage, 'ada', 'bob'))
})
afterEach(() => stage.calm())
after(() => stage.close())

const signsOut = async ({ page }: Visitor) => {
  await page.getByRole('button', { name: 'Ada: settings and sign out' }).click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
}

/** What ada sees when she goes back: never what was said. */
async function seesNothingOf(words: string, { page }: Visitor): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
  assert.ok(!(await page.content()).includes(words))
  assert.equal(new URL(page.url()).pathname, '/login')
}

test('after signing out, Back shows no message, and nothing was kept in the browser (WEB-08, SES-09)', async () => {
  stage.expects(/status of 401/)
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.says('Said before I went')
  await ada.composer.fill('half a thought')
  await until('the draft is kept', async () => (await storageOf(ada.page)).includes('half a thought'))
  await ada.composer.fill('')
  // The page that she signs out on is no page to go back to; the one before is.
  await ada.page.goto('/logins')
  const answer = ada.page.waitForResponse('**/api/v1/logout')
  await signsOut(ada)
  assert.equal((await (await answer).allHeaders())['clear-site-data'], '"cache", "storage"')
  await ada.page.waitForURL('**/login')
  assert.equal(await storageOf(ada.page), '')
  await ada.page.goBack()
  await seesNothingOf('Said before I went', ada)
  await ada.page.goto(`/r/${tea}`)
  await seesNothingOf('Said before I went', ada)
})

test('a page that the browser kept while ada signed out elsewhere shows nothing when she comes back to it (WEB-08, SES-09)', async (t) => {
  stage.expects(/status of 401/)
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.says('Said on a page that was left')
  await ada.page.evaluate(`addEventListener('pageshow', ({ persisted }) => console.log('kept: ' + persisted))`)
  let kept = 'kept: false'
  ada.page.on('console', (said) => {
    if (said.text().startsWith('kept: ')) kept = said.text()
  })
  await ada.page.goto('/setup')
  const elsewhere = new Visitor(await ada.page.context().newPage())
  await elsewhere.page.goto('/')
  await elsewhere.isIn()
  await signsOut(elsewhere)
  await elsewhere.page.waitForURL('**/login')
  await ada.page.goBack({ waitUntil: 'commit' })
  // A browser may keep a page that asks not to be stored, or throw it away as soon as the cookie is gone. It is told here which it did.
  await seesNothingOf('Said on a page that was left', ada)
  t.diagnostic(`the page that was left was ${kept}`)
})

test('signing out without a network takes everything off the screen (WEB-08)', async () => {
  stage.expects(/ERR_INTERNET_DISCONNECTED/)
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.says('Said before the tunnel')
  await ada.message('Said before the tunnel').getByText('Sent', { exact: true }).waitFor({ state: 'attached' }) // else she is asked first
  await ada.page.context().setOffline(true)
  await signsOut(ada)
  // While the page goes away it cannot be looked at.
  await until(
    'it is gone',
    async () => !(await ada.page.content().catch(() => 'Said before the tunnel')).includes('Said before the tunnel'),
  )
  await ada.page.context().setOffline(false)
})

test('nothing that would open a door is kept where a script could read it (WEB-08)', async () => {
  const ada = await visitor(stage, 'ada', `/r/${tea}`)
  await ada.page.context().setOffline(true)
  await ada.says('This one waits')
  await ada.composer.fill('and this is a draft')
  let kept = ''
  await until('both are kept', async () => {
    kept = await storageOf(ada.page)
    return kept.includes('waits') && kept.includes('draft')
  })
  const cookies = await ada.page.context().cookies()
  assert.ok(cookies.some(({ name }) => name === '__Host-Http-parley'))
  const csrf = stage.house.service.house.store.db.selectFrom('web_session').select('data').execute()
  const secrets = [password, ...cookies.map(({ value }) => value), ...(await csrf).map(({ data }) => JSON.parse(data).csrf as string)]
  for (const secret of secrets.filter(Boolean)) assert.ok(!kept.includes(secret), secret)
  assert.doesNotMatch(kept, /ey[\w-]+\.|parley_pat_/)
  assert.doesNotMatch(await ada.page.evaluate<string>('location.href + document.referrer + history.state'), /ey[\w-]+\.|token|ticket/)
  await ada.page.context().setOffline(false)
  await ada.message('This one waits').getByText('Sent', { exact: true }).waitFor({ state: 'attached' })
})

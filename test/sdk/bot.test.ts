import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { certificate, startHouse } from '../support/house.ts'

test('a program whose one token has ended is told so, and does not try for ever', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const bot = await house.person('bot')
  const trusted = join(house.folder, 'ca.pem')
  writeFileSync(trusted, certificate().cert)
  const url = `${house.url.replace('https', 'wss')}/ws`
  const env = { ...process.env, PARLEY_URL: url, PARLEY_TOKEN: bot.token, NODE_EXTRA_CA_CERTS: trusted }
  await house.service.house.logins.end({ ids: [bot.login.id] }, 'ended')
  const program = `
    import { connect } from ${JSON.stringify(join(import.meta.dirname, '../../src/sdk/client.ts'))}
    const client = connect({ url: process.env.PARLEY_URL, token: process.env.PARLEY_TOKEN })
    client.on('state', (line) => line.state === 'stopped' && console.log(JSON.stringify(line)))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill())
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const { state, signIn } = JSON.parse(String(said))
  assert.deepEqual({ state, signIn }, { state: 'stopped', signIn: true })
})

test('the bot of the README answers ada, from a process of its own', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const people = await house.people('ada', 'bot')
  const tea = await house.room('tea', people)
  const ada = await house.connect(people[0])
  await ada.open(tea)

  const trusted = join(house.folder, 'ca.pem')
  writeFileSync(trusted, certificate().cert)
  const url = `${house.url.replace('https', 'wss')}/ws`
  const env = { ...process.env, PARLEY_URL: url, PARLEY_TOKEN: people[1].token, NODE_EXTRA_CA_CERTS: trusted }
  const bot = spawn(process.execPath, [join(import.meta.dirname, 'bot.example.ts')], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  t.after(async () => {
    bot.kill()
    await once(bot, 'exit')
  })

  // It answers what is said after it came in: ask until it has.
  const asking = setInterval(() => ada.post(tea, '!ping'), 200)
  t.after(() => clearInterval(asking))
  const answer = await ada.hearsText('pong')
  assert.equal(answer.by, people[1].account.id)
})

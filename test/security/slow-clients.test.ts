import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Guest, newKey } from '../support/guest.ts'
import { scan } from './scanner.ts'
import { signIn, startTarget, type Target } from './target.ts'

/** The others are at another address; what they do is not counted against hers. */
const from = '127.0.0.2'

/** All that a person needs: signing in by the door, a socket, a message written and read. */
async function isServed({ url, ca, token, room }: Target): Promise<void> {
  assert.match(await signIn(url, ca, from), /__Host-Http-parley=/)
  const guest = new Guest(`${url.replace('https', 'wss')}/ws`, { token, ca: readFileSync(ca, 'utf8'), from })
  await guest.hears('welcome')
  await guest.open(room)
  const text = `still here? ${newKey()}`
  assert.equal((await guest.post(room, text)).type, 'ok')
  await guest.hearsText(text)
  guest.ws.close()
  await guest.ended()
}

/** She signs in and writes more often than a person would; all else is as installed. */
const tireless = {
  PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '10000',
  PARLEY__LIMITS__SIGNINSPERMINUTEPERADDRESS: '10000',
  PARLEY__LIMITS__LOGINSPERACCOUNT: '10000',
  PARLEY__LIMITS__POSTSPERSECOND: '10000',
}

/** Connections that wait for the rest of what was begun, by kind of slowness. */
const kinds = [
  { name: 'headers that trickle in', path: '/login', args: ['-H', '-i', '5', '-x', '24'] },
  { name: 'bodies that trickle in', path: '/api/v1/csp-reports', args: ['-B', '-i', '5', '-s', '8192', '-f', 'application/csp-report'] },
  { name: 'upgrades whose headers trickle in', path: '/ws', args: ['-H', '-i', '5', '-x', '24'] },
  { name: 'answers that nobody reads', path: '/login', args: ['-X', '-k', '3', '-n', '5', '-w', '1', '-y', '2', '-z', '1'] },
] as const

for (const { name, path, args } of kinds) {
  test(`a thousand slots of ${name}: ada signs in, connects and writes all the while (WSH-09, HTTP-05)`, async (t) => {
    const target = await startTarget(t, tireless)
    await isServed(target)
    const attack = ['-c', '1000', '-r', '400', '-l', '20', '-p', '10', '-u', `${target.url}${path}`, '-g', '-o', 'slow']
    let isOver = false
    const over = scan('slowhttptest', [...args, ...attack], { seconds: 120, cwd: target.folder }).finally(() => {
      isOver = true
    })
    let served = 0
    while (!isOver) {
      await isServed(target)
      served += 1
    }
    await over
    t.diagnostic(`served ${served} times meanwhile`)
    assert.ok(served >= 3, `${served}`)
    const [head = '', ...lines] = readFileSync(join(target.folder, 'slow.csv'), 'utf8').trim().split('\n')
    const columns = head.split(',')
    const most = (column: string) => Math.max(...lines.map((line) => Number(line.split(',')[columns.indexOf(column)])))
    t.diagnostic(`${head}: ${lines.at(-1)}`)
    assert.ok(most('Connected') >= 500, 'there was no attack')
    await isServed(target)
    assert.doesNotMatch(target.log(), /"level":"(error|fatal)"/)
  })
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { keepCommands } from '../../src/bus/redis-commands.ts'
import { locate, type Whereabouts } from '../../src/bus/whereabouts.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'

let [tea, coffee] = [] as unknown[] as [TestRedis, TestRedis]
const servers: Server[] = []
const sockets = new Set<Socket>()
const places: Whereabouts[] = []
before(async () => {
  ;[tea, coffee] = await Promise.all([startRedis(), startRedis()])
})
after(async () => {
  for (const place of places) place.close()
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  await Promise.all([tea.close(), coffee.close()])
})

/** What it says can be changed: a real one cannot be made to lag behind the others at a given moment. */
interface Sentinel {
  at: string
  says: { host?: string; port: number; epoch: number } | 'nothing'
}

async function sentinel(says: Sentinel['says'], password?: string): Promise<Sentinel> {
  const own: Sentinel = { at: '', says }
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    let heard = ''
    let isKnown = password === undefined
    socket.on('data', (bytes) => {
      heard += bytes
      for (let word = command.exec(heard); word && own.says !== 'nothing'; word = command.exec(heard)) {
        heard = heard.slice(word[0].length)
        const { host = '127.0.0.1', port, epoch } = own.says
        if (/AUTH/.test(word[0])) isKnown = word[0].endsWith(`\r\n${password}\r\n`)
        if (!isKnown) socket.write('-NOAUTH Authentication required.\r\n')
        else if (/GET-MASTER-ADDR-BY-NAME\r\n\$3\r\ntea/.test(word[0])) socket.write(list(host, `${port}`))
        else if (/MASTER\r\n\$3\r\ntea/.test(word[0])) socket.write(list('name', 'tea', 'config-epoch', `${epoch}`))
        else socket.write(/SENTINEL/.test(word[0]) ? '-ERR No such master with that name\r\n' : '+OK\r\n')
      }
    })
  })
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  own.at = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return own
}
const command = /^\*\d+\r\n(\$\d+\r\n[^\r]*\r\n)+(?=\*|$)/
const list = (...words: string[]) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`

function asking(all: Sentinel[], url = 'redis://tea', lookEvery = 60_000, password?: string): Whereabouts {
  const where = locate({ url, sentinels: { at: all.map(({ at }) => at), password } }, lookEvery)
  places.push(where)
  return where
}

test('a sentinel that missed the failover names the old master: the number of the failover says who is right', async () => {
  const [old, now] = [
    { port: 1, epoch: 1 },
    { port: 2, epoch: 2 },
  ]
  const where = asking([await sentinel(old), await sentinel(now)])
  assert.equal((await where.find()).url, 'redis://127.0.0.1:2')
})

test('one that takes the question and says nothing is not waited for, while most have answered', async () => {
  const now = { port: 2, epoch: 2 }
  const silent = await sentinel('nothing')
  const where = asking([silent, await sentinel(now), await sentinel(now)], 'redis://:secret@tea/1')
  assert.equal((await where.find()).url, 'redis://:secret@127.0.0.1:2/1')
  const words = await where.ask()
  assert.deepEqual(
    words.map(({ master }) => master),
    [undefined, '127.0.0.1:2', '127.0.0.1:2'],
  )
  assert.match(words[0]?.wrong ?? '', /timeout/)
})

test('nobody connects where no sentinel names a master, or names one on another machine in the clear', async () => {
  const far = await sentinel({ host: '10.9.8.7', port: 1, epoch: 1 })
  await assert.rejects(asking([far]).find(), /on another machine, where redis:\/\/ would be in the clear: use rediss/)
  await assert.rejects(asking([far], 'redis://milk').find(), /^Error: no sentinel names a master: 127\.0\.0\.1:\d+ ERR No such master/)
  const gone = { at: '127.0.0.1:1', says: 'nothing' } as const
  await assert.rejects(asking([gone]).find(), /no sentinel names a master: 127\.0\.0\.1:1 ECONNREFUSED/)
})

test('sentinels that want a password hear theirs, and not that of Redis; a wrong one is in no words', async () => {
  const strict = await sentinel({ port: 2, epoch: 2 }, 'open-tea')
  const [right, none, wrong] = ['open-tea', undefined, 'shut-tea'].map((password) =>
    asking([strict], 'redis://:of-redis@tea', 60_000, password),
  )
  assert.equal((await right?.find())?.url, 'redis://:of-redis@127.0.0.1:2')
  for (const where of [none, wrong])
    await assert.rejects(
      where?.find() ?? assert.fail(),
      (error: Error) => /NOAUTH/.test(error.message) && !/shut-tea|of-redis/.test(error.message),
    )
})

test('what is not a master is not used, and when the sentinels name another it is left, though it still answers', async () => {
  await coffee.tell('REPLICAOF', '127.0.0.1', `${tea.port}`)
  const one = await sentinel({ port: coffee.port, epoch: 1 })
  const where = asking([one], 'redis://tea', 20)
  const commands = keepCommands(where)
  while (!String(await coffee.tell('INFO', 'commandstats')).includes('cmdstat_role')) await new Promise(setImmediate)
  assert.equal(commands.isReady, false)
  one.says = { port: tea.port, epoch: 2 }
  while (!commands.isReady) await new Promise(setImmediate)
  await commands.set('who', 'tea')
  assert.equal(await tea.tell('GET', 'who'), 'tea')
  await coffee.tell('REPLICAOF', 'NO', 'ONE')
  const moved = new Promise<void>((resolve) => where.onMove(resolve))
  one.says = { port: coffee.port, epoch: 3 }
  await moved
  while (!commands.isReady) await new Promise(setImmediate)
  await commands.set('who', 'coffee')
  assert.deepEqual([await tea.tell('GET', 'who'), await coffee.tell('GET', 'who')], ['tea', 'coffee'])
  commands.close()
})

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Guest } from '../support/guest.ts'
import { startHouse } from '../support/house.ts'

/*
 * What a flood of wrong sign-ins does to those who chat: how long a message takes from the moment in which it should have been
 * sent to its reader, in rounds without and with the flood by turns. Server, chat and flood are three processes.
 *
 *   node test/security/sign-in-flood.ts [rounds]
 */

const seconds = 8
const messagesPerSecond = 100
const signInsPerSecond = 500
/** Each sends less than one address may. */
const addresses = 600
const talkers = 10
const limits = { POSTSPERSECOND: '100000', POSTBURST: '100000', CONNECTIONS: '20000', HANDSHAKESPERSECONDPERADDRESS: '100000' }

interface Place {
  port: number
  ca: string
}

/** Wrong passwords for names that nobody has, from many addresses, as fast as was said and whatever the answers. Says how many of each. */
async function flood({ port, ca }: Place): Promise<void> {
  const agents = Array.from({ length: addresses }, (_, i) => {
    const localAddress = `127.1.${1 + (i >> 7)}.${1 + (i & 127)}`
    return new Agent({ ca, keepAlive: true, maxSockets: 4, localAddress })
  })
  const answers: Record<string, number> = {}
  let n = 0
  function ask(method: string, path: string, body = ''): Promise<void> {
    const agent = agents[n++ % addresses] as Agent
    const headers = {
      ...{ host: `localhost:${port}`, 'sec-fetch-site': 'same-origin', origin: `https://localhost:${port}` },
      ...{ 'content-type': 'application/json', 'content-length': body.length },
    }
    return new Promise((resolve) => {
      const req = request({ agent, host: '127.0.0.1', servername: 'localhost', port, method, path, headers }, (res) => {
        if (method === 'POST') answers[String(res.statusCode)] = (answers[String(res.statusCode)] ?? 0) + 1
        res.resume().on('end', resolve).on('error', resolve)
      })
      req.on('error', () => resolve()).end(body)
    })
  }
  // The lines are opened beforehand: this is about passwords, not about handshakes of TLS.
  for (let i = 0; i < addresses; i += 20) await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/livez')))
  let isOn = false
  process.on('message', (on: boolean) => {
    isOn = on
    if (on) for (const status of Object.keys(answers)) delete answers[status]
    else process.send?.({ ...answers })
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.('ready')
  let due = performance.now()
  for (;;) {
    await pause(5)
    const now = performance.now()
    for (; due < now; due += 1000 / signInsPerSecond)
      if (isOn) void ask('POST', '/api/v1/login', JSON.stringify({ name: `nobody${n}`, password: 'not the right one' }))
  }
}

/** ms from when each message was due until its reader had it. */
async function chat(writers: Guest[], reader: Guest, room: string): Promise<number[]> {
  const due = new Map<string, number>()
  const took: number[] = []
  const take = (raw: Buffer) => {
    const now = performance.now()
    for (const { text } of (JSON.parse(String(raw)).events ?? []) as { text?: string }[]) {
      const since = text === undefined ? undefined : due.get(text)
      if (since !== undefined) took.push(now - since)
    }
  }
  reader.ws.on('message', take)
  const begin = performance.now()
  const all = seconds * messagesPerSecond
  for (let i = 0; i < all; ) {
    await pause(1)
    for (; i < all && begin + (i * 1000) / messagesPerSecond <= performance.now(); i++) {
      const text = `${begin} ${i}`
      // The first second is for getting into it.
      if (i >= messagesPerSecond) due.set(text, begin + (i * 1000) / messagesPerSecond)
      writers[i % writers.length]?.say('post', { room, key: `${Math.round(begin)}-message-${i}`, text })
    }
  }
  while (took.length < due.size) await pause(5)
  reader.ws.off('message', take)
  for (const guest of [...writers, reader]) guest.frames.length = 0
  return took.sort((a, b) => a - b)
}

const at = (sorted: number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
const median = (all: number[]): number =>
  at(
    all.toSorted((a, b) => a - b),
    0.5,
  )
const ms = (value: number): string => `${value.toFixed(2)} ms`

async function measure(rounds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-flood-'))
  const prepared = await startHouse({ folder })
  const people = await prepared.people(...Array.from({ length: talkers + 1 }, (_, i) => `guest${i}`))
  const room = await prepared.room('Tea', people)
  await prepared.close()

  const settings = Object.fromEntries(Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value]))
  const server = fork(join(import.meta.dirname, '../support/child-house.ts'), [folder, JSON.stringify(settings)])
  const [place] = (await once(server, 'message')) as [Place]
  const attack = fork(import.meta.filename, ['flood', JSON.stringify(place)])
  await once(attack, 'message')
  const guests = people.map(({ token }) => new Guest(`wss://localhost:${place.port}/ws`, { token, ca: place.ca }))
  for (const guest of guests) await guest.hears('welcome')
  const [reader, ...writers] = guests as [Guest, ...Guest[]]
  await reader.open(room)

  const quiet: number[][] = []
  const flooded: number[][] = []
  for (let round = 1; round <= rounds; round++) {
    quiet.push(await chat(writers, reader, room))
    attack.send(true)
    flooded.push(await chat(writers, reader, room))
    attack.send(false)
    const [answers] = await once(attack, 'message')
    const told = [quiet, flooded].map((all) => `p50 ${ms(at(all.at(-1) ?? [], 0.5))}, p99 ${ms(at(all.at(-1) ?? [], 0.99))}`)
    process.stdout.write(`round ${round}: quiet ${told[0]} · flood ${told[1]} · sign-ins by status ${JSON.stringify(answers)}\n`)
    await pause(2_000) // what still waits is not of the next round
  }
  for (const share of [0.5, 0.99]) {
    const [without, during] = [quiet, flooded].map((all) => median(all.map((one) => at(one, share)))) as [number, number]
    process.stdout.write(`p${share * 100}: ${ms(without)} without, ${ms(during)} with the flood: × ${(during / without).toFixed(2)}\n`)
  }
  for (const { ws } of guests) ws.terminate()
  attack.disconnect()
  server.disconnect()
  await Promise.all([once(attack, 'exit'), once(server, 'exit')])
  rmSync(folder, { recursive: true, force: true })
}

const [what, place] = process.argv.slice(2)
if (what === 'flood') await flood(JSON.parse(place ?? '{}') as Place)
else await measure(Number(what ?? 5))

import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import pino from 'pino'
import type { Question } from '../../src/bus/bus.ts'
import { createLetters } from '../../src/bus/letter.ts'
import { announceTo } from '../../src/neighbourhood.ts'

test('when a key is retired the logins of fifty thousand end in letters that the other nodes read, and each login in one of them', async () => {
  const letters = createLetters(createSecretKey(randomBytes(32)))
  const heard: string[] = []
  const nodes = {
    async everywhere(question: Question) {
      const letter = letters.read('c', letters.write('c', { from: 'n', message: { kind: 'question', id: 'q', node: 'n', question } }))
      assert.ok(typeof letter === 'object' && letter.message?.kind === 'question', `it was taken for ${letter}`)
      const asked = letter.message.question
      const ended = asked.ask === 'ended' ? asked.ended : []
      assert.equal(asked.ask === 'ended' && asked.request, 'request')
      heard.push(...ended.map(({ login }) => login))
      return { connections: ended.length, unconfirmed: 2 }
    },
  }
  const announce = announceTo({
    nodes,
    here: async (ended) => ({ connections: ended.length, unconfirmed: 1 }),
    request: () => 'request',
    log: pino({ level: 'silent' }),
  })
  const id = (i: number) => `${i}`.padStart(22, '-')
  const logins = Array.from({ length: 50_000 }, (_, i) => ({ login: id(i), account: id(i), why: 'key_retired' as const }))
  assert.deepEqual(await announce(logins), { connections: 100_000, unconfirmed: 3 })
  assert.deepEqual(
    heard,
    logins.map(({ login }) => login),
  )
})

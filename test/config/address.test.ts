import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf, isLoopback } from '../../src/config.ts'

const server = (given: { publicUrl?: string; origins?: string[] }) => ({
  server: { publicUrl: given.publicUrl, origins: given.origins },
})

test('without settings the address is localhost at the port that was really taken', () => {
  const { publicUrl, origins } = addressOf(server({}), 49_152)
  assert.equal(publicUrl, 'https://localhost:49152')
  assert.deepEqual([...origins], ['https://localhost:49152'])
  assert.equal(addressOf(server({}), 443).publicUrl, 'https://localhost')
})

test('the public address is the only origin unless others are named', () => {
  assert.deepEqual([...addressOf(server({ publicUrl: 'https://chat.example' }), 8443).origins], ['https://chat.example'])
  const both = ['https://chat.example', 'https://old.example']
  assert.deepEqual([...addressOf(server({ publicUrl: 'https://chat.example', origins: both }), 8443).origins], both)
})

test('loopback is what never leaves the machine', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.9.9.9', '::1', '[::1]', 'dev.localhost'])
    assert.ok(isLoopback(host), host)
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', '127.0.0.1.example', ''])
    assert.ok(!isLoopback(host), host)
})

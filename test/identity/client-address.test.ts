import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { clientAddress, trustedPeer } from '../../src/identity/client-address.ts'

const [proxy, other, client] = ['10.0.0.1', '198.51.100.9', '192.0.2.7']
const from = (peer: string | undefined, forwarded?: string) =>
  ({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress: peer } }) as IncomingMessage

test('whom nobody trusts speaks for himself', () => {
  assert.equal(clientAddress(0)(from(other, client)), other)
  assert.equal(clientAddress([proxy])(from(other, client)), other)
  assert.equal(clientAddress([proxy])(from(undefined, client)), '')
})

test('a listed proxy names the client; what the client put before that means nothing', () => {
  const of = clientAddress(['10.0.0.0/8'])
  assert.equal(of(from(proxy, client)), client)
  assert.equal(of(from(proxy, `203.0.113.1, ${client}`)), client)
  assert.equal(of(from(proxy, `203.0.113.1, ${client}, 10.0.0.2`)), client, 'one proxy behind the other')
  assert.equal(of(from(`::ffff:${proxy}`, client)), client)
  assert.equal(of(from(proxy)), proxy)
})

test('so many hops are believed, and not one more', () => {
  assert.equal(clientAddress(1)(from(proxy, `203.0.113.1, ${client}`)), client)
  assert.equal(clientAddress(2)(from(proxy, `203.0.113.1, ${client}`)), '203.0.113.1')
})

test('with the PROXY protocol the named client is the peer, and needs trust of its own to name another', () => {
  const named = () => client
  assert.equal(clientAddress(0, named)(from(proxy, '203.0.113.1')), client)
  assert.equal(clientAddress([proxy], named)(from(proxy, '203.0.113.1')), client)
  assert.equal(clientAddress([client], named)(from(proxy, '203.0.113.1')), '203.0.113.1', 'a delivery network before the proxy')
})

test('what is no list of addresses names nobody, and throws at nobody', () => {
  for (const junk of ['', ',', 'unknown', '_hidden', '999.1.1.1', '"', '\0', 'a'.repeat(10_000), `${client}:80`])
    assert.equal(typeof clientAddress([proxy])(from(proxy, junk)), 'string')
})

test('who may open connections for others: those on the list, or with none whoever reaches the port', () => {
  assert.deepEqual([proxy, `::ffff:${proxy}`, other].map(trustedPeer([proxy, 'loopback'])), [true, true, false])
  assert.equal(trustedPeer(['loopback'])('127.0.0.9'), true)
  assert.equal(trustedPeer(0)(other), true)
})

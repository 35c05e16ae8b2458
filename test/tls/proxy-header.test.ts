import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { longestHeader, readProxyHeader } from '../../src/tls/proxy-header.ts'
import { block } from './proxy-block.ts'

const read = (text: string) => readProxyHeader(Buffer.from(text, 'latin1'))
const v4 = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 4, 1, 0xbb]
const v6 = [
  ...Buffer.from('20010db8000000000000000000000007', 'hex'),
  ...Buffer.from('20010db8000000000000000000000001', 'hex'),
  1,
  2,
  3,
  4,
]

test('a line of version 1 names the client, and what follows it is left alone', () => {
  assert.deepEqual(read('PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nGET / HTTP/1.1'), { length: 45, source: '192.0.2.7' })
  assert.deepEqual(read('PROXY TCP6 2001:DB8:0::7 2001:db8::1 1 65535\r\n'), { length: 46, source: '2001:db8::7' })
  assert.deepEqual(read('PROXY UNKNOWN\r\n'), { length: 15 })
  assert.deepEqual(read('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), { length: 35 })
})

test('a block of version 2 does the same; extras behind the addresses are passed over', () => {
  assert.deepEqual(readProxyHeader(block(0x21, 0x11, v4)), { length: 28, source: '192.0.2.7' })
  assert.deepEqual(readProxyHeader(block(0x21, 0x21, v6)), { length: 52, source: '2001:db8::7' })
  assert.deepEqual(readProxyHeader(block(0x21, 0x11, [...v4, 0x05, 0, 2, 1, 2])), { length: 33, source: '192.0.2.7' })
  assert.deepEqual(readProxyHeader(block(0x20, 0x00, [])), { length: 16 }, 'a health check speaks for itself')
  assert.deepEqual(readProxyHeader(block(0x20, 0x11, v4)), { length: 28 }, 'and its addresses mean nothing')
  assert.deepEqual(readProxyHeader(block(0x21, 0x00, [1, 2, 3])), { length: 19 })
  assert.deepEqual(readProxyHeader(block(0x21, 0x31, Array(216).fill(65))), { length: 232 })
})

test('every beginning of a good header asks for more, and never names anybody early', () => {
  for (const whole of [
    Buffer.from('PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n'),
    block(0x21, 0x11, v4),
    block(0x21, 0x21, [...v6, 9, 9]),
  ]) {
    for (let cut = 0; cut < whole.length; cut++) assert.equal(readProxyHeader(whole.subarray(0, cut)), 'more', `${cut}`)
    assert.equal(typeof readProxyHeader(whole), 'object')
  }
})

for (const [what, text] of [
  ['no header', 'GET / HTTP/1.1\r\n'],
  ['TLS', '\x16\x03\x01\x02\x00'],
  ['small letters', 'proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n'],
  ['an address of the other family', 'PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n'],
  ['no address', 'PROXY TCP4 localhost 198.51.100.1 1 2\r\n'],
  ['an octet too large', 'PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n'],
  ['an octet in octal', 'PROXY TCP4 192.0.02.7 198.51.100.1 1 2\r\n'],
  ['a zone', 'PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n'],
  ['two blanks', 'PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n'],
  ['too few words', 'PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n'],
  ['too many words', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n'],
  ['a port too large', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 65536\r\n'],
  ['a port in octal', 'PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n'],
  ['a family that is none', 'PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n'],
  ['a word that only begins like one', 'PROXY UNKNOWNS\r\n'],
  ['no end where there must be one', `PROXY UNKNOWN ${'x'.repeat(93)}`],
  ['an end too late', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`],
] as const) {
  test(`refused as version 1: ${what}`, () => assert.equal(read(text), 'wrong'))
}

for (const [what, bytes] of [
  ['another version', block(0x31, 0x11, v4)],
  ['another command', block(0x22, 0x11, v4)],
  ['UDP', block(0x21, 0x12, v4)],
  ['a family that is none', block(0x21, 0x41, v4)],
  ['too short for its addresses', block(0x21, 0x11, v4.slice(0, 11))],
  ['too short for the long addresses', block(0x21, 0x21, v4)],
  ['longer than we take', block(0x21, 0x11, [...v4, ...Array(longestHeader).fill(0)]).subarray(0, 100)],
] as const) {
  test(`refused as version 2: ${what}`, () => assert.equal(readProxyHeader(bytes), 'wrong'))
}

test('no bytes whatever make it throw, or take more than was given', () => {
  const starts = ['', 'PROXY ', 'PROXY TCP4 ', 'PROXY TCP6 '].map((text) => Buffer.from(text))
  const heads = [0x20, 0x21].map((command) => block(command, 0x21, v6).subarray(0, 14))
  fc.assert(
    fc.property(fc.constantFrom(...starts, ...heads), fc.uint8Array({ maxLength: 300 }), (start, rest) => {
      const bytes = Buffer.concat([start, rest])
      const header = readProxyHeader(bytes)
      if (typeof header === 'object') assert.ok(header.length <= bytes.length)
    }),
  )
})

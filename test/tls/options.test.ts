import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { type TestContext, test } from 'node:test'
import { chance, often, seedOf } from '../gateway/chance.ts'
import { createAuthority, type Wish } from './authority.ts'
import { echoOf, fingerprintOf, newFolder, put, serveFolder } from './folder.ts'

const authority = await createAuthority()

async function serve(t: TestContext, minVersion: '1.2' | '1.3', wish: Wish = {}) {
  const dir = await newFolder(t)
  await put(dir, await authority.issue(wish))
  return serveFolder(t, dir, { minVersion })
}

test('with TLS 1.3 a key exchange is spoken that holds against quantum computers (TLS-01, TLS-03)', async (t) => {
  const { meet } = await serve(t, '1.3')
  const ada = await meet()
  assert.equal(ada.getProtocol(), 'TLSv1.3')
  assert.equal(ada.getCipher().name, 'TLS_AES_128_GCM_SHA256')
  assert.equal(Object(ada.getEphemeralKeyInfo()).name, 'X25519MLKEM768')
})

test('older clients get the groups they know, and unknown ones are refused (TLS-03)', async (t) => {
  const { meet } = await serve(t, '1.3')
  for (const [ecdhCurve, name] of [
    ['X25519', 'X25519'],
    ['P-256', 'prime256v1'],
  ]) {
    const bob = await meet({ ecdhCurve: ecdhCurve as string })
    assert.equal(Object(bob.getEphemeralKeyInfo()).name, name)
  }
  await assert.rejects(meet({ ecdhCurve: 'P-521' }), /handshake failure|ALERT/i)
})

test('HTTP/1.1 is agreed upon, and nothing else', async (t) => {
  const { meet } = await serve(t, '1.3')
  assert.equal((await meet({ ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'http/1.1')
  await assert.rejects(meet({ ALPNProtocols: ['h2'] }), /no application protocol/i)
})

for (const [kind, wish] of [
  ['ECDSA', {}],
  ['RSA', { rsaBits: 2048 }],
] as const) {
  test(`where TLS 1.2 is allowed, an ${kind} certificate gets authenticated encryption with forward secrecy alone (TLS-01, TLS-02)`, async (t) => {
    const { meet } = await serve(t, '1.2', wish)
    const suites = [
      [`ECDHE-${kind}-AES128-GCM-SHA256`, true],
      [`ECDHE-${kind}-AES256-GCM-SHA384`, true],
      [`ECDHE-${kind}-CHACHA20-POLY1305`, true],
      [`ECDHE-${kind}-AES128-SHA256`, false],
      [`ECDHE-${kind}-AES256-SHA`, false],
      [`ECDHE-${kind === 'RSA' ? 'ARIA128-GCM-SHA256' : 'ECDSA-AES128-CCM8'}`, false],
      ['AES128-GCM-SHA256', false],
      ['DHE-RSA-AES128-GCM-SHA256', false],
    ] as const
    for (const [ciphers, isTaken] of suites) {
      const coming = meet({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` })
      if (isTaken) assert.equal((await coming).getCipher().name, ciphers)
      else await assert.rejects(coming, ciphers)
    }
    assert.equal((await meet()).getProtocol(), 'TLSv1.3')
    await assert.rejects(meet({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }))
  })
}

test('a phone that puts ChaCha20 first gets it', async (t) => {
  const { meet } = await serve(t, '1.3')
  const bob = await meet({ ciphers: 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256' })
  assert.equal(bob.getCipher().name, 'TLS_CHACHA20_POLY1305_SHA256')
})

test('whatever name is asked for, the one certificate is shown (TLS-05)', async (t) => {
  const { meet, certificates } = await serve(t, '1.3')
  for (const servername of [
    'chat.example',
    'CHAT.EXAMPLE',
    'other.example',
    `${'a'.repeat(63)}.${'b'.repeat(63)}.example`,
    '*',
    '..',
    'ä.example',
  ]) {
    assert.equal(fingerprintOf(await meet({ servername })), certificates.facts().fingerprint256)
  }
})

test('hundreds of first messages with junk for a name crash nothing (TLS-04, TLS-05)', async (t) => {
  const { meet, port, server } = await serve(t, '1.3')
  let answers = 0
  server.on('tlsClientError', () => answers++)
  for (let round = 0; round < often(20); round++) {
    await Promise.all(Array.from({ length: 20 }, (_, at) => knock(port, clientHello(junkName(round * 20 + at)))))
  }
  assert.ok(answers > 0)
  const ada = await meet()
  assert.equal(await echoOf(ada, 'hello'), 'hello')
})

test('bytes that are no TLS at all crash nothing (TLS-04, TLS-06)', async (t) => {
  const { meet, port } = await serve(t, '1.3')
  for (const junk of [
    'GET / HTTP/1.1\r\n\r\n',
    '\0'.repeat(100),
    randomBytes(2000),
    Buffer.from('16030100ff', 'hex'),
    Buffer.from('1603ffffff0100', 'hex'),
  ]) {
    await knock(port, Buffer.from(junk))
  }
  assert.equal(await echoOf(await meet(), 'hello'), 'hello')
})

test('a first message with bytes changed, cut off, doubled or split into many records breaks nothing (TLS-04)', async (t) => {
  const { meet, port } = await serve(t, '1.3')
  const luck = chance(seedOf(t))
  const hello = clientHello(Buffer.from('chat.example'))
  const body = hello.subarray(5)
  const record = (part: Buffer) => Buffer.concat([Buffer.of(22, 3, 1), sized(part)])
  const ways = [
    () => {
      const bytes = Buffer.from(hello)
      for (let hits = 1 + luck.below(4); hits > 0; hits--) bytes[luck.below(bytes.length)] = luck.below(256)
      return bytes
    },
    () => hello.subarray(0, luck.below(hello.length)),
    () => Buffer.concat([hello, hello.subarray(luck.below(hello.length))]),
    () => Buffer.concat([...body].map((byte) => record(Buffer.of(byte)))),
    () => Buffer.concat([record(Buffer.alloc(0)), hello, record(Buffer.alloc(0))]),
    () => Buffer.concat([Buffer.of(luck.below(256), 3, luck.below(5)), sized(body)]),
    () => Buffer.concat([hello, Buffer.of(23, 3, 3), sized(Buffer.alloc(luck.below(20_000)))]),
    () => Buffer.concat([hello.subarray(0, 3), uint16(luck.below(65_536)), body]),
  ]
  for (let round = 0; round < often(15); round++) {
    await Promise.all(Array.from({ length: 20 }, () => knock(port, luck.pick(ways)())))
  }
  assert.equal(await echoOf(await meet(), 'hello'), 'hello')
})

/** Names with NUL, capitals, bytes outside ASCII, of no and of every length. */
function junkName(round: number): Buffer {
  const kinds = [
    () => randomBytes(round % 300),
    () => Buffer.from('CHAT.EXAMPLE\0.eve.example'),
    () => Buffer.alloc(round % 600, 0xff),
    () => Buffer.from(`${'a.'.repeat(round % 200)}example`),
    () => Buffer.from('../../etc/passwd'),
  ]
  return (kinds[round % kinds.length] as () => Buffer)()
}

/** A ClientHello of TLS 1.3 (RFC 8446 §4.1.2) with these bytes as the host name (RFC 6066 §3). */
function clientHello(name: Buffer): Buffer {
  const extension = (type: number, body: Buffer) => Buffer.concat([uint16(type), sized(body)])
  const serverName = extension(0, sized(Buffer.concat([Buffer.of(0), sized(name)])))
  const versions = extension(43, Buffer.of(2, 3, 4))
  const groups = extension(10, sized(uint16(29)))
  const signatures = extension(13, sized(uint16(0x0403)))
  const share = extension(51, sized(Buffer.concat([uint16(29), sized(randomBytes(32))])))
  const extensions = sized(Buffer.concat([serverName, versions, groups, signatures, share]))
  const body = Buffer.concat([uint16(0x0303), randomBytes(32), Buffer.of(0), sized(uint16(0x1301)), Buffer.of(1, 0), extensions])
  const message = Buffer.concat([Buffer.of(1, 0), sized(body)])
  return Buffer.concat([Buffer.of(22, 3, 1), sized(message)])
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

const sized = (bytes: Buffer): Buffer => Buffer.concat([uint16(bytes.length), bytes])

/** Sends bytes, waits for the first answer or the end, and leaves. */
async function knock(port: number, bytes: Buffer): Promise<void> {
  const socket = connectPlain({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  socket.end(bytes)
  await Promise.race([once(socket, 'data'), once(socket, 'close')])
  socket.destroy()
}

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import { createLog } from '../src/log.ts'

/** A log into memory: the lines that came out. */
function heard(pretty = false) {
  const lines: string[] = []
  return {
    log: createLog({ level: 'info', pretty, destination: { write: (line) => void lines.push(line) } }),
    lines,
    last: () => JSON.parse(lines.at(-1) ?? '{}'),
  }
}

test('an event is one line of JSON with its level as a word and its time in UTC', () => {
  const { log, last, lines } = heard()
  log.info({ event: 'authn_login_success', account: 'a1' }, 'ada signed in')
  const { time, ...rest } = last()
  assert.deepEqual(rest, { level: 'info', event: 'authn_login_success', account: 'a1', msg: 'ada signed in' })
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.match(lines[0] ?? '', /^\{[^\n]*\}\n$/)
  log.debug('not worth a line')
  assert.equal(lines.length, 1)
})

const canary = 'hunter2-canary'
const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'

test('nothing that is named like a secret is written, however deep and however it is spelt (LOG-02)', () => {
  const { log, lines } = heard()
  const names = [
    'password',
    'Cookie',
    'set-cookie',
    'Authorization',
    'token',
    'refreshToken',
    'ticket',
    'secret',
    'cookieSecrets',
    'csrf',
    'masterKey',
    'privateKey',
    'sid',
    'body',
  ]
  for (const name of names) {
    log.info({ [name]: canary })
    log.info({ deep: { list: [{ [name]: canary }] } })
    log.info({ [name]: { inner: canary } })
  }
  for (const name of ['password', 'token', 'cookie', 'ticket'])
    log.child({ [name]: canary, inside: { [name]: canary } }).info('from a child')
  assert.ok(!lines.join('').includes(canary))
  log.info({ tokens: 3, cookie: false, room: canary })
  assert.ok(lines.at(-1)?.includes('"tokens":3') && lines.at(-1)?.includes(canary), 'counts and other names stay')
})

test('what looks like a credential is taken out of any text (LOG-02)', () => {
  const { log, lines } = heard()
  for (const leak of [jwt, `Bearer ${canary}`, `parley_pat_${canary}`, `__Host-Http-parley=${canary}`]) {
    log.info(`said ${leak} aloud`)
    log.info({ words: [`x ${leak}`] }, 'in a field')
    log.error(new Error(`failed with ${leak}`))
  }
  assert.ok(!lines.join('').includes(canary) && !lines.join('').includes(jwt.slice(-12)))
  for (const glued of [`x${jwt}`, `a.b.${jwt}`, `\n${jwt}`, `token_${jwt}.and.more`, `${jwt},${jwt}`, `${jwt}.${jwt}`]) log.info(glued)
  assert.doesNotMatch(lines.join(''), /eyJ[\w-]{8}|c2lnbmF0dXJl/)
  log.info('version 1.2.3, eyJ is no token, nor is a.eyJ.b')
  assert.match(lines.at(-1) ?? '', /version 1\.2\.3, eyJ is no token, nor is a\.eyJ\.b/)
})

test('of a request only method and path are told, of a socket nothing (LOG-02)', () => {
  const { log, last } = heard()
  const request = { method: 'GET', url: `/ws?token=${canary}`, headers: { cookie: canary }, body: canary }
  log.info({
    req: request,
    err: Object.assign(new Error('no'), { request, code: 'E_NO' }),
    socket: new EventTarget(),
    bytes: Buffer.from(canary),
  })
  const { req, err, socket, bytes } = last()
  assert.deepEqual(req, { method: 'GET', path: '/ws' })
  assert.deepEqual([err.type, err.code, err.message, 'request' in err], ['Error', 'E_NO', 'no', false])
  assert.deepEqual([socket, bytes], ['[EventTarget]', '[14 bytes]'])
})

test('no text makes a second line or moves a cursor, as JSON or for a terminal (LOG-03)', () => {
  for (const pretty of [false, true]) {
    const { log, lines } = heard(pretty)
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\r\nfake', '\u001b[2J', '\u009b31m', '\u2028', '\u202e', '\u0000')),
        (words) => {
          lines.length = 0
          log.info({ who: words, [words]: 1 }, words)
          const [line = ''] = lines
          assert.equal(lines.length, 1)
          assert.equal(line.trimEnd().split(/[\n\r\u2028\u2029\u0085]/).length, 1)
          // Colours are our own: nothing else may begin with an escape.
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          assert.doesNotMatch(line.replace(/\u001b\[\d+m/g, '').trimEnd(), /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
        },
      ),
      { numRuns: 40 },
    )
  }
})

test('what refers to itself, is huge or throws when it is looked at does not stop the log', () => {
  const { log, lines } = heard()
  const round: Record<string, unknown> = { name: 'round' }
  round.self = round
  log.info({ round }, 'round')
  log.info({ many: Array.from({ length: 10_000 }, (_, i) => i), long: 'x'.repeat(100_000) }, 'huge')
  log.error(new AggregateError([new Error('one'), new Error('two')], 'both'))
  assert.equal(lines.length, 3)
  assert.ok(lines.join('').length < 20_000)
})

test('a destination that throws costs the line, not the process', () => {
  const log = createLog({
    level: 'info',
    pretty: false,
    destination: {
      write() {
        throw new Error('EPIPE')
      },
    },
  })
  log.info('into the void')
})

/** A program of its own that logs to `stderr`. */
const program = (stderr: number | 'pipe', doing: string) => {
  const start = `const { createLog } = await import(${JSON.stringify(join(import.meta.dirname, '../src/log.ts'))})
    const log = createLog({ level: 'info', pretty: false })
    const burst = (lines) => { for (let i = 0; i < lines; i++) log.info({ i }, 'x'.repeat(100)) }`
  const { execPath } = process
  return spawn(execPath, ['--input-type=module', '-e', `${start}\n${doing}`], { stdio: ['ignore', 'pipe', stderr] })
}
const stubborn = "burst(40_000); setTimeout(() => { process.stdout.write('alive'); log.fatal('last words'); process.exit(3) }, 300)"
const codeOf = async (child: ChildProcess) => child.exitCode ?? (await once(child, 'exit'))[0]
const linesOf = async (stream: Readable | null) =>
  (stream ? (await text(stream)).trimEnd().split('\n') : []).map((line) => JSON.parse(line))

test('a full disk neither stops nor delays the program (LOG-07)', async () => {
  const full = openSync('/dev/full', 'w')
  const child = program(full, stubborn)
  closeSync(full)
  assert.ok(child.stdout)
  assert.equal(await text(child.stdout), 'alive')
  assert.equal(await codeOf(child), 3)
})

test('a pipe that nobody reads neither stops nor delays the program (LOG-07)', async () => {
  const child = program('pipe', stubborn)
  assert.ok(child.stdout)
  assert.equal(await text(child.stdout), 'alive')
  assert.equal(await codeOf(child), 3)
})

test('the last words of a program that ends at once arrive', async () => {
  const child = program('pipe', "burst(100); log.fatal('last words'); process.exit(3)")
  const lines = await linesOf(child.stderr)
  assert.equal(lines.length, 101)
  assert.equal(lines.at(-1).msg, 'last words')
})

test('more than can wait is dropped and counted, and no line is ever broken (LOG-07)', async () => {
  const child = program('pipe', "burst(40_000); log.info('x'.repeat(8_000))")
  const lines = await linesOf(child.stderr)
  const lost = lines.filter(({ event }) => event === 'log_lines_lost').reduce((sum, { lines: some }) => sum + some, 0)
  assert.ok(lost > 0)
  assert.equal(lines.filter(({ event }) => event === undefined).length + lost, 40_001)
})

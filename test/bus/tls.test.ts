import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepCommands } from '../../src/bus/redis-commands.ts'
import { locate } from '../../src/bus/whereabouts.ts'
import { freePort } from '../support/free-port.ts'
import { certificate } from '../support/house.ts'
import { launchRedis } from '../support/redis.ts'

test('sentinels and the Redis they name are spoken to over TLS alone, with their passwords, and not at all where nobody vouches for them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-tls-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const ca = file('ca.pem', certificate().cert)
  const keys = ['--tls-cert-file', ca, '--tls-key-file', file('key.pem', certificate().key), '--tls-ca-cert-file', ca]
  const tls = [...keys, '--tls-auth-clients', 'no', '--tls-replication', 'yes', '--port', '0', '--bind', '127.0.0.1', '--dir', folder]
  const [tea, watch] = [await freePort(), await freePort()]
  const redis = await launchRedis([...tls, '--save', '', '--tls-port', `${tea}`, '--requirepass', 'of-redis'], 'Ready to accept')
  const lines = [`sentinel monitor tea 127.0.0.1 ${tea} 1`, 'sentinel auth-pass tea of-redis', 'requirepass of-sentinel', '']
  const sentinel = await launchRedis([file('own.conf', lines.join('\n')), ...tls, '--tls-port', `${watch}`, '--sentinel'], '+monitor')
  t.after(() => {
    redis.kill('SIGKILL')
    sentinel.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const sentinels = { at: [`127.0.0.1:${watch}`], password: 'of-sentinel' }
  const where = locate({ url: 'rediss://:of-redis@tea', ca, sentinels })
  const commands = keepCommands(where)
  while (!commands.isReady) await new Promise(setImmediate)
  await commands.set('who', 'ada')
  assert.equal(await commands.get('who'), 'ada')
  commands.close()
  where.close()
  const unvouched = locate({ url: 'rediss://:of-redis@tea', sentinels })
  await assert.rejects(unvouched.find(), /no sentinel names a master: 127\.0\.0\.1:\d+ DEPTH_ZERO_SELF_SIGNED_CERT/)
  unvouched.close()
})

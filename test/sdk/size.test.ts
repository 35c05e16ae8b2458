import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

const entry = join(import.meta.dirname, '../../src/sdk/client.ts')
const mostBytes = 12 * 1024

test(`the whole SDK is at most ${mostBytes} bytes, compressed, and brings no library along`, async (t) => {
  const lib = { entry, formats: ['es' as const], fileName: 'sdk' }
  const built = await build({ configFile: false, logLevel: 'silent', build: { write: false, lib } })
  const output = [built].flat().flatMap((part) => ('output' in part ? part.output : []))
  const chunks = output.filter((part) => part.type === 'chunk')
  const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0)
  t.diagnostic(`${bytes} bytes`)
  assert.ok(bytes > 0 && bytes <= mostBytes, `${bytes} bytes`)
  for (const module of chunks.flatMap(({ moduleIds }) => moduleIds)) assert.match(module, /src\/(sdk|protocol)\//)
})

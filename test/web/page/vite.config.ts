import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { preact } from '../../../src/web/vite.config.ts'

// biome-ignore lint/style/noDefaultExport: where vite looks for it
export default defineConfig({
  ...preact,
  root: fileURLToPath(new URL('.', import.meta.url)),
  cacheDir: join(tmpdir(), 'parley-stage'),
  server: { host: '127.0.0.1', fs: { allow: [fileURLToPath(new URL('../../..', import.meta.url))] } },
})

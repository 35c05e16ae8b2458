import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { preact } from '../../../src/web/vite.config.ts'

// biome-ignore lint/style/noDefaultExport: where vite looks for it
export default defineConfig({
  ...preact,
  root: fileURLToPath(new URL('.', import.meta.url)),
  server: { host: '127.0.0.1', fs: { allow: [fileURLToPath(new URL('../../..', import.meta.url))] } },
})

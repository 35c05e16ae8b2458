import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

/** What this page and its rehearsal stage under test/web/page are both compiled by. */
export const preact = {
  resolve: { alias: { 'react/jsx-runtime': 'preact/jsx-runtime', 'react-dom': 'preact/compat', react: 'preact/compat' } },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
} as const

/** Nothing is inlined: the content security policy lets in scripts, styles and images from our own origin as files, and nothing else. */
// biome-ignore lint/style/noDefaultExport: where vite looks for it
export default defineConfig({
  ...preact,
  root: here,
  base: '/',
  // light-dark() is in every browser that we name; its replacement would not follow a `color-scheme` further down.
  css: { lightningcss: { exclude: 1 << 20 } },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // `"use client"` in a package is for other frameworks; saying so at each build would look like a fault.
    rolldownOptions: { onLog: (level, log, say) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : say(level, log)) },
  },
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** Bytes, gzipped: what one visit costs. */
const mostScript = 130 * 1024
const mostStyle = 20 * 1024

let dir = ''
let files: { name: string; text: string; size: number }[] = []

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'parley-page-'))
  await build({
    configFile: fileURLToPath(new URL('../../src/web/vite.config.ts', import.meta.url)),
    logLevel: 'silent',
    build: { outDir: dir, emptyOutDir: true },
  })
  files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name))
      return { name: entry.name, text: bytes.toString(), size: gzipSync(bytes, { level: 9 }).length }
    })
})
after(() => rm(dir, { recursive: true, force: true }))

const ending = (end: string) => files.filter(({ name }) => name.endsWith(end))
const sizeOf = (end: string): number => ending(end).reduce((sum, { size }) => sum + size, 0)

test('the page is small', (context) => {
  context.diagnostic(`script ${(sizeOf('.js') / 1024).toFixed(1)} KiB, style ${(sizeOf('.css') / 1024).toFixed(1)} KiB, gzipped`)
  assert.ok(sizeOf('.js') > 1024 && sizeOf('.js') <= mostScript)
  assert.ok(sizeOf('.css') > 1024 && sizeOf('.css') <= mostStyle)
})

test('the page needs nothing that the policy forbids: nothing inline, nothing from elsewhere (WEB-03, WEB-09)', () => {
  const [page] = ending('.html')
  assert.ok(page)
  assert.doesNotMatch(page.text, /<script(?![^>]*\bsrc=")|<style|\sstyle=|\son\w+=/i)
  for (const [, address = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g)) assert.match(address, /^\/[^/]/)
  for (const { text } of ending('.css')) assert.doesNotMatch(text, /url\((?!["']?\/)|@import/)
})

test('no text becomes markup or code anywhere in our own sources (WEB-04)', () => {
  const root = fileURLToPath(new URL('../../src/web', import.meta.url))
  const sources = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('dist'),
  )
  assert.ok(sources.length > 50)
  for (const entry of sources) {
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc/, entry.name)
  }
})

test('no address in the built page leads to another server (WEB-09)', () => {
  const foreign = ending('.js').flatMap(({ text }) => [...text.matchAll(/https?:\/\/[\w.-]+/g)].map(([address]) => address))
  const names = new Set(foreign.filter((address) => !address.startsWith('http://www.w3.org')))
  assert.deepEqual(
    [...names].filter((address) => !/\/\/(?:github\.com|bit\.ly)/.test(address)),
    [],
  )
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Exact versions with faults that are known: what a test that proves their absence must find. Nothing of Parley ever runs on them. */
const versions = ['ws@7.4.5', 'ws@8.17.0', 'ws@8.20.0', 'ws@8.20.1', 'ws@8.21.0', 'jose@4.15.4'] as const

const cache = join(tmpdir(), `parley-old-versions-${process.getuid?.() ?? 0}`)
const folderOf = (version: string) => join(cache, 'node_modules', version.replace(/[@.]/g, '-'))
const isThere = (version: string) => {
  const file = join(folderOf(version), 'package.json')
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version === version.split('@')[1]
}

/**
 * The folder of an old version; all of them are installed once into a folder of our own under the temporary one.
 * @throws Error when npm cannot fetch them.
 */
export function oldVersion(version: (typeof versions)[number]): string {
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(cache)
  assert.ok(uid === process.getuid?.() && (mode & 0o077) === 0, `${cache} belongs to somebody else`)
  if (!versions.every(isThere)) install()
  return folderOf(version)
}

function install(): void {
  // Without a package.json here, npm would take the one of a folder above.
  writeFileSync(join(cache, 'package.json'), '{"private":true}\n')
  const wanted = versions.map((version) => `${version.replace(/[@.]/g, '-')}@npm:${version}`)
  const args = ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', cache, ...wanted]
  const { status, stderr } = spawnSync('npm', args, { cwd: cache, encoding: 'utf8', timeout: 180_000 })
  if (status !== 0 || !versions.every(isThere)) throw new Error(`the old versions could not be fetched: ${stderr}`)
}

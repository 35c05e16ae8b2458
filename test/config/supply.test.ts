import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

interface Package {
  version?: string
  integrity?: string
  resolved?: string
  link?: boolean
  hasInstallScript?: boolean
  dev?: boolean
}
type Dependencies = Record<string, string>
const lock = JSON.parse(read('package-lock.json')) as { lockfileVersion: number; packages: Record<string, Package> }
const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Dependencies> & {
  scripts: Dependencies
}
const packages = Object.entries(lock.packages).filter(([place]) => place !== '')
const nameOf = (place: string) => place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)
const numbersOf = (version: string) => version.split(/[.-]/).slice(0, 3).map(Number)
const isOlder = (version: string, than: string): boolean => {
  const [a, b] = [numbersOf(version), numbersOf(than)]
  const at = a.findIndex((part, i) => part !== b[i])
  return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0)
}

test('every package is known by its hash, and comes from a registry and from nowhere else (CFG-07)', () => {
  assert.equal(lock.lockfileVersion, 3)
  assert.ok(packages.length > 100)
  for (const [place, { integrity, resolved, link, version }] of packages) {
    assert.match(integrity ?? '', /^sha512-[A-Za-z0-9+/]{86}==$/, place)
    assert.match(version ?? '', /^\d+\.\d+\.\d+/, `${place}: a version, not an address`)
    // Which registry is the business of whoever installs; what comes from it is held by its hash.
    assert.deepEqual([resolved, link], [undefined, undefined], place)
  }
})

test('what is wanted is pinned to one version, and that is the one in the lock file (CFG-07)', () => {
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    for (const [name, version] of Object.entries(manifest[kind])) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name)
      assert.equal(lock.packages[`node_modules/${name}`]?.version, version, name)
    }
  }
})

/** Packages that want to run something when they are installed. None is let: `ignore-scripts` holds for all. */
const wantsScript = ['node_modules/fsevents']

test('no package runs anything when it is installed (CFG-07)', () => {
  assert.match(read('.npmrc'), /^ignore-scripts=true$/m)
  const wanting = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => place)
  assert.deepEqual(
    wanting.filter((place) => !wantsScript.includes(place)),
    [],
  )
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) assert.equal(manifest.scripts[name], undefined, name)
})

/** The first versions without a published fault that Parley could be reached by. */
const floors: Dependencies = {
  ws: '8.23.0', // CVE-2026-45736, CVE-2026-48779, empty fragments, pongs without bound
  'path-to-regexp': '8.4.0', // CVE-2026-4923, CVE-2026-4926
  'body-parser': '2.3.0', // CVE-2025-13466, CVE-2026-12590
  qs: '6.14.1', // CVE-2025-15284
  'on-headers': '1.1.0', // CVE-2025-7339
}

/** Of other servers that Parley is measured against: nobody is ever served by them. */
const onlyMeasured = /^node_modules\/(?:socket\.io|engine\.io)/

test('no package is older than the first that is free of known faults, wherever it hides (CFG-09)', () => {
  for (const [name, floor] of Object.entries(floors)) {
    const found = packages.filter(([place]) => nameOf(place) === name)
    assert.ok(found.length > 0, `${name} is no longer there: take it off the list`)
    for (const [place, { version = '', dev }] of found)
      assert.ok(!isOlder(version, floor) || (dev && onlyMeasured.test(place)), `${place} is ${version}, and should be ${floor}`)
  }
  assert.ok(isOlder('8.22.9', '8.23.0') && !isOlder('8.23.0', '8.23.0') && !isOlder('10.0.0', '9.9.9'), 'this test can fail')
})

test('what is installed is what the lock file says (CFG-07, CFG-09)', () => {
  for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(floors)]) {
    const { version } = JSON.parse(read(`node_modules/${name}/package.json`)) as { version: string }
    assert.equal(version, lock.packages[`node_modules/${name}`]?.version, name)
  }
})

test('an old Node is told, with the one that is wanted instead (CFG-09)', () => {
  const warn = (version: string) => `require('./src/launch/node.cjs').warnOfOldNode([${version.replaceAll('.', ',')}])`
  const said = (version: string) => spawnSync(process.execPath, ['-e', warn(version)], { cwd: root, encoding: 'utf8' }).stderr
  for (const old of ['24.15.0', '26.0.0', '26.12.0', '25.9.0'])
    assert.match(said(old), /lacks published security fixes; .* (26\.12\.1|24\.22\.1) or newer/)
  assert.equal(said('26.12.1'), '')
  const [, floor] = /an official Node with the fixes of October 2026[^|]*: (\d+\.\d+\.\d+)/.exec(read('docs/dependencies.md')) ?? []
  assert.equal(floor, '26.12.1', 'the page says the same')
})

test('every package that is asked for has its line in the docs (CFG-07)', () => {
  const page = read('docs/dependencies.md')
  const unnamed = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }).filter(
    (name) => !page.includes(`\`${name}\``) && !name.startsWith('@types/'),
  )
  assert.deepEqual(unnamed, [])
})

test('whoever finds a fault is told how to say so, and until when they get an answer (CFG-10)', () => {
  const page = read('docs/security.md')
  assert.match(page, /^## Reporting a fault$[^#]+Privately[^#]+answer within (?:a day|two days|three days)/m)
  assert.match(page, /^## Supported versions$/m)
  assert.match(read('README.md'), /docs\/security\.md/)
})

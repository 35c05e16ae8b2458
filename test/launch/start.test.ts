import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkout, disguise, installed, launch, pinnedNode, pretendVite, write } from './tree.ts'

test('the first start brings the packages, saying so on stderr; the second says nothing', async (t) => {
  const tree = checkout(t)
  const first = await launch(t, tree, ['hello', '5'])
  assert.equal(first.code, 5)
  assert.match(first.err, /parley: installing packages/)
  assert.deepEqual(JSON.parse(first.out).args, ['hello', '5'])
  assert.ok(existsSync(join(tree, 'node_modules/pack')))

  const second = await launch(t, tree, ['hello'])
  assert.deepEqual([second.code, second.err], [0, ''])
})

test('packages are brought anew when the lock file says something else, not when only dates have changed', async (t) => {
  const tree = await installed(t)
  const lock = readFileSync(join(tree, 'package-lock.json'), 'utf8')
  write(tree, 'package-lock.json', lock)
  assert.equal((await launch(t, tree, ['hello'])).err, '')
  for (const file of ['package.json', 'package-lock.json', 'pack/package.json'])
    write(tree, file, readFileSync(join(tree, file), 'utf8').replaceAll('1.0.0', '1.1.0'))
  assert.match((await launch(t, tree, ['hello'])).err, /installing packages/)
})

test('two that start at once share one installation', async (t) => {
  const tree = checkout(t)
  const both = await Promise.all([launch(t, tree, ['ada']), launch(t, tree, ['bob'])])
  assert.deepEqual(
    both.map(({ code }) => code),
    [0, 0],
  )
  assert.equal(both.filter(({ err }) => /packages installed/.test(err)).length, 1)
})

test('an installation that fails is said, and nothing is started', async (t) => {
  const tree = checkout(t)
  write(tree, 'package.json', readFileSync(join(tree, 'package.json'), 'utf8').replace('"pack"', '"other"'))
  const { code, out, err } = await launch(t, tree, ['hello'])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /npm ci failed \(exit 1\); nothing was started/)
})

test('it runs from any folder, and the program sees that folder', async (t) => {
  const tree = checkout(t)
  const { out } = await launch(t, tree, ['hello'], [], tmpdir())
  assert.equal(JSON.parse(out).cwd, tmpdir())
})

test('a Node of the machine that is new enough comes first, then the pinned one, then one that will do', async (t) => {
  const tree = await installed(t)
  const nodeFor = async (version: string) => JSON.parse((await launch(t, tree, ['hello'], disguise(tree, { version }))).out).node
  assert.equal(await nodeFor('v26.0.0'), process.execPath)
  assert.equal(await nodeFor('v24.15.0'), process.execPath)
  const { code, err } = await launch(t, tree, ['hello'], disguise(tree, { version: 'v24.14.9', execve: false }))
  assert.equal(code, 2)
  assert.match(err, /needs Node 26 .* and this is v24\.14\.9\.\n.*npm ci/)
  const pinned = pinnedNode(tree)
  assert.equal(await nodeFor('v20.20.2'), pinned)
  assert.equal(await nodeFor('v25.9.0'), pinned)
  assert.equal(await nodeFor('v26.0.0'), process.execPath)
})

test('a Node without the latest security fixes is told of, once, and only when it serves', async (t) => {
  const tree = await installed(t)
  write(tree, 'src/main.ts', 'console.log("served")')
  const warned = async (version: string, command: string) =>
    (await launch(t, tree, [command], disguise(tree, { version }))).err.match(/lacks published security fixes/g)?.length
  assert.equal(await warned('v26.10.0', 'serve'), 1)
  assert.equal(await warned('v26.12.1', 'serve'), undefined)
  assert.equal(await warned('v26.13.0', 'serve'), undefined)
  assert.equal(await warned('v24.22.0', 'serve'), 1)
  assert.equal(await warned('v24.22.1', 'serve'), undefined)
  assert.equal(await warned('v26.10.0', 'account'), undefined)
})

test('the page is built when it serves and something it is made of has changed, and never for another command', async (t) => {
  const tree = await installed(t)
  write(tree, 'src/main.ts', 'console.log("served")')
  const built = () => (existsSync(join(tree, 'built')) ? readFileSync(join(tree, 'built'), 'utf8').length : 0)
  pretendVite(tree)
  await launch(t, tree, ['room', 'list'])
  assert.equal(built(), 0)
  const { out, err } = await launch(t, tree, ['serve'])
  assert.equal(built(), 1)
  assert.equal(out, 'served\n', 'what vite says is not data')
  assert.match(err, /building the page/)
  await launch(t, tree, ['serve'])
  assert.equal(built(), 1)
  write(tree, 'src/web/main.tsx', '// two')
  await launch(t, tree, ['serve'])
  assert.equal(built(), 2)
  rmSync(join(tree, 'src/web/dist'), { recursive: true })
  await Promise.all([launch(t, tree, ['serve']), launch(t, tree, ['--page'])])
  assert.equal(built(), 3)
})

test('a page that cannot be built stops the start', async (t) => {
  const tree = await installed(t)
  pretendVite(tree)
  write(tree, 'node_modules/vite/vite.cjs', 'process.exit(4)')
  const { code, out, err } = await launch(t, tree, ['serve'])
  assert.deepEqual([code, out], [1, ''])
  assert.match(err, /the page could not be built \(exit 4\)/)
})

test('a tool runs on the chosen Node with its arguments, and its exit code is ours', async (t) => {
  const tree = await installed(t)
  const { code, out } = await launch(t, tree, ['--run', 'node', '-e', 'console.log(process.argv[1]); process.exit(9)', 'x'])
  assert.deepEqual([code, out], [9, 'x\n'])
  const missing = await launch(t, tree, ['--run', 'nothing'])
  assert.equal(missing.code, 2)
  assert.match(missing.err, /there is no tool "nothing"/)
})

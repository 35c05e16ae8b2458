'use strict'
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { alone } = require('./lock.cjs')
const { sayWhile, Stop } = require('./say.cjs')
const { run, toolScript } = require('./run.cjs')

/** What the page is made of. */
const sources = ['src/web', 'src/sdk', 'src/protocol', 'package-lock.json', 'tsconfig.json']

/** Builds the page into src/web/dist when what it is made of has changed since. */
async function ensurePage(root, node) {
  const config = path.join(root, 'src', 'web', 'vite.config.ts')
  const dist = path.join(root, 'src', 'web', 'dist')
  const stamp = path.join(dist, '.built-from')
  if (!fs.existsSync(config)) return
  const fresh = () => fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hashOf(root)
  if (fresh()) return
  if (!fs.existsSync(path.join(root, 'node_modules', 'vite'))) {
    throw new Stop('the page is not built, and the packages that build it are not installed: run `npm ci` and start again')
  }
  await alone(root, 'building the page', async () => {
    if (fresh()) return
    const hash = hashOf(root)
    const done = sayWhile('building the page')
    const vite = toolScript(root, 'vite').concat(['build', '--config', config, '--logLevel', 'warn'])
    const code = await run(node, vite, root, { stdout: 2 })
    done()
    if (code !== 0) throw new Stop(`the page could not be built (exit ${code}); its words are above`, 1)
    fs.mkdirSync(dist, { recursive: true })
    fs.writeFileSync(stamp, hash)
    process.exitCode = 0
  })
}

function hashOf(root) {
  const hash = crypto.createHash('sha256')
  for (const source of sources)
    for (const file of filesIn(path.join(root, source))) hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file))
  return hash.digest('hex')
}

function filesIn(place) {
  if (!fs.existsSync(place)) return []
  if (fs.statSync(place).isFile()) return [place]
  const names = fs.readdirSync(place).filter((name) => name !== 'dist' && !name.startsWith('.'))
  return names.sort().reduce((files, name) => files.concat(filesIn(path.join(place, name))), [])
}

module.exports = { ensurePage }

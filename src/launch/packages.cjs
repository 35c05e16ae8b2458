'use strict'
const { spawn } = require('node:child_process')
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const { alone } = require('./lock.cjs')
const { sayWhile, Stop, say } = require('./say.cjs')

/** Runs `npm ci` when node_modules is not what package-lock.json says. */
async function ensurePackages(root) {
  if (installed(root)) return
  await alone(root, 'npm ci', async () => {
    if (!installed(root)) await install(root)
  })
}

/**
 * By content, not by age: a fresh clone has new dates on old files. The stamp of an earlier look answers at once; without it npm's own
 * record is compared, so that whoever ran `npm ci` by hand, even without the development packages, is not made to wait.
 */
function installed(root) {
  const modules = path.join(root, 'node_modules')
  const stamp = path.join(modules, '.parley-stamp')
  const lock = read(path.join(root, 'package-lock.json'))
  const record = read(path.join(modules, '.package-lock.json'))
  if (lock === undefined) throw new Stop(`${root} has no package-lock.json; is this the whole of Parley?`)
  if (record === undefined) return false
  const hash = crypto.createHash('sha256').update(lock).update(record).digest('hex')
  if (read(stamp) === hash) return true
  if (!matches(lock, record)) return false
  try {
    fs.writeFileSync(stamp, hash)
  } catch (_) {
    // A tree that cannot be written is compared again next time.
  }
  return true
}

/** Whether npm's record holds everything that is needed; of what only development or another platform needs, what it holds must be right. */
function matches(lock, record) {
  try {
    const wanted = JSON.parse(lock).packages
    const present = JSON.parse(record).packages
    return Object.keys(wanted).every((name) => {
      const want = wanted[name]
      const have = present[name]
      if (name === '') return true
      if (!have) return Boolean(want.dev || want.optional || want.devOptional || want.peer)
      return have.version === want.version && have.integrity === want.integrity
    })
  } catch (_) {
    return false // an install that was interrupted
  }
}

function install(root) {
  const done = sayWhile('installing packages (npm ci), once, about a minute')
  // The npm that called us runs on the Node that called us; a bare `npm` might be another one.
  const script = process.env.npm_execpath
  const npm = script && /\.c?js$/.test(script) ? [process.execPath, script] : ['npm']
  const args = npm
    .slice(1)
    .concat(['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error', '--progress=false'])
  return new Promise((resolve, reject) => {
    const failed = (why) =>
      reject(new Stop(`npm ci ${why}; nothing was started.\nIts words are above. With a network that works, try: npm ci`, 1))
    // stdout of npm goes to stderr: ours belongs to the command.
    const child = spawn(npm[0], args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' && npm[0] === 'npm' })
    child.on('error', (error) => failed(`could not be run (${error.code})`))
    child.on('close', (code, signal) => {
      if (code !== 0) return failed(signal ? `was ended by ${signal}` : `failed (exit ${code})`)
      if (!installed(root)) return failed('left packages out')
      say('packages installed')
      resolve()
    })
    child.on('close', done)
  })
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (_) {
    return undefined
  }
}

module.exports = { ensurePackages }

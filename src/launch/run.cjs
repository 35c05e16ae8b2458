'use strict'
const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { Stop } = require('./say.cjs')

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
const tether = require.resolve('./tether.cjs')
/** ms in which the child says that a signal has reached it anyway. */
const grace = 150

/** The script behind a name in node_modules/.bin, to be run by the Node we chose; `node` is that Node itself. */
function toolScript(root, name) {
  if (name === 'node') return []
  const link = path.join(root, 'node_modules', '.bin', String(name))
  if (!name || !fs.existsSync(link)) throw new Stop(`there is no tool "${name}" in node_modules; run \`npm ci\``)
  return [fs.realpathSync(link)]
}

/** So that `node` means the chosen one in everything that is started from there. */
function environment(node, root, more) {
  const parts = [path.dirname(node), path.join(root, 'node_modules', '.bin'), process.env.PATH].filter(Boolean)
  return Object.assign({}, process.env, { PATH: parts.join(path.delimiter) }, more)
}

/** Runs a tool to its end; what it is sent alone it gets. Its exit code is ours. */
function run(node, args, root, { stdout = 1 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(node, args, { stdio: [0, stdout, 2], env: environment(node, root) })
    const stop = passOn((signal) => child.kill(signal))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      stop()
      if (signal) endBy(signal)
      process.exitCode = code === null ? 1 : code
      resolve(process.exitCode)
    })
  })
}

/**
 * Parley itself: in place of this process where Node can do that, else as a child on a tether, through which the
 * child learns of our end, and we of signals that have reached it without us.
 */
function become(node, args, root) {
  const npm = process.env.npm_lifecycle_event ? process.ppid : ''
  if (typeof process.execve === 'function') {
    process.execve(node, [node, '--require', tether].concat(args), environment(node, root, { PARLEY_TETHER: `,${npm}` }))
  }
  const heard = {}
  const child = spawn(node, ['--require', tether].concat(args), {
    stdio: [0, 1, 2, 'pipe'],
    env: environment(node, root, { PARLEY_TETHER: '3,' }),
  })
  child.stdio[3].setEncoding('utf8').on('data', (names) => {
    for (const name of names.split('\n')) heard[name] = Date.now()
  })
  child.stdio[3].on('error', () => {}) // the child is gone; its exit says so
  const waiting = {}
  const stop = passOn((signal) => {
    if (waiting[signal]) return
    waiting[signal] = setTimeout(() => {
      waiting[signal] = undefined
      if (!(Date.now() - heard[signal] < 2 * grace)) child.kill(signal)
    }, grace)
  })
  const watch = npm && setInterval(() => process.ppid !== npm && child.kill('SIGTERM'), 1000)
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new Stop(`${node} could not be run (${error.code})`)))
    child.on('exit', (code, signal) => {
      stop()
      clearInterval(watch)
      for (const name of Object.keys(waiting)) clearTimeout(waiting[name])
      if (signal) endBy(signal)
      process.exitCode = code === null ? 1 : code
      child.stdio[3].destroy()
      resolve()
    })
  })
}

function passOn(give) {
  for (const signal of signals) process.on(signal, give)
  return () => {
    for (const signal of signals) process.removeListener(signal, give)
  }
}

/** Ends as the child ended, so that a shell or a supervisor sees the same. */
const endBy = (signal) => process.kill(process.pid, signal)

module.exports = { become, run, toolScript }

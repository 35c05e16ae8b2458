'use strict'
const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { say, Stop } = require('./say.cjs')

const beat = 2000
const stale = 15000
const patience = 15 * 60 * 1000

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Runs `work` while no other launcher of the same tree does the same job. The lock is a folder beside no source file, since npm
 * empties node_modules while it works. Its holder touches it every 2 s; one that has died is found by its silence.
 */
async function alone(root, job, work) {
  const owner = typeof process.getuid === 'function' ? process.getuid() : os.userInfo().username
  const name = crypto.createHash('sha256').update(`${root}\0${job}`).digest('hex').slice(0, 16)
  const lock = path.join(os.tmpdir(), `parley-${owner}-${name}`)
  await take(lock, job)
  const timer = setInterval(() => touch(lock), beat)
  const release = () => fs.rmSync(lock, { recursive: true, force: true })
  process.once('exit', release)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    process.removeListener('exit', release)
    release()
  }
}

async function take(lock, job) {
  const began = Date.now()
  for (let told = false; ; told = true) {
    try {
      fs.mkdirSync(lock, { mode: 0o700 })
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw new Stop(`cannot write to ${os.tmpdir()} (${error.code})`)
    }
    if (!told) say(`another one is at it (${job}); waiting`)
    if (Date.now() - began > patience) throw new Stop(`waited 15 minutes for another one to finish; if none runs, remove ${lock}`)
    await sleep(250)
    breakIfStale(lock)
  }
}

/** Moved away first: of several that find it stale only one can, and nobody removes a lock that is new. */
function breakIfStale(lock) {
  try {
    const { mtimeMs } = fs.statSync(lock)
    if (Date.now() - mtimeMs < stale) return
    const aside = `${lock}.${process.pid}`
    fs.renameSync(lock, aside)
    if (fs.statSync(aside).mtimeMs !== mtimeMs) fs.renameSync(aside, lock)
    else fs.rmSync(aside, { recursive: true, force: true })
  } catch (_) {
    // Gone meanwhile, or not ours: the next try to take it tells.
  }
}

function touch(lock) {
  try {
    fs.utimesSync(lock, new Date(), new Date())
  } catch (_) {
    // Someone removed it; the work goes on all the same.
  }
}

module.exports = { alone }

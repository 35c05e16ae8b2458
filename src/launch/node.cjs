'use strict'
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { say, Stop } = require('./say.cjs')

/** What Parley is built and tested on, and the oldest that has all it needs (node:sqlite, type stripping, argon2). */
const wanted = [26, 0, 0]
const oldest = [24, 15, 0]
/** The first of each line with the security fixes of October 2026, among them CVE-2026-111497. */
const fixed = { 22: [22, 23, 4], 24: [24, 22, 1], 26: [26, 12, 1] }

const parse = (version) => version.replace(/^v/, '').split('.').map(Number)
const atLeast = (version, least) => {
  const at = version.findIndex((part, i) => part !== least[i])
  return at === -1 || version[at] > least[at]
}

/**
 * The Node for the rest of the way. One of the machine's own that is new enough comes first, because whoever looks after
 * the machine brings it up to date sooner than the one pinned in our packages, which comes second.
 */
function chooseNode(root) {
  const own = { file: process.execPath, version: parse(process.version) }
  if (atLeast(own.version, wanted)) return own
  const ofNpm = look(process.env.npm_node_execpath)
  if (ofNpm && atLeast(ofNpm.version, wanted)) return ofNpm
  const ofPackages = look(path.join(root, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'))
  if (process.platform === 'linux' && ofPackages) return ofPackages
  if (atLeast(own.version, oldest)) return own
  throw new Stop(
    `needs Node 26 (24.15 at the least), and this is ${process.version}.\n` +
      'On Linux (x64, arm64, glibc) `npm ci` brings the right one along; elsewhere install it from https://nodejs.org and start again.',
  )
}

/** A Node that is there and runs here; the pinned one does not on a system without glibc. */
function look(file) {
  if (!file || file === process.execPath || !fs.existsSync(file)) return undefined
  const { status, stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10000 })
  return status === 0 && /^v\d+\.\d+\.\d+/.test(stdout) ? { file, version: parse(stdout.trim()) } : undefined
}

function warnOfOldNode(version) {
  const newest = Math.max(...Object.keys(fixed).map(Number))
  if (version[0] > newest) return
  const least = fixed[version[0]]
  if (least && atLeast(version, least)) return
  const instead = (least || fixed[newest]).join('.')
  say(
    `warning: Node ${version.join('.')} lacks published security fixes; on a server use an official Node, ${instead} or newer (docs/dependencies.md)`,
  )
}

module.exports = { chooseNode, warnOfOldNode }

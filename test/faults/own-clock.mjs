import { readFileSync, watchFile } from 'node:fs'

/*
 * Loaded before Parley where there is no faketime: Date is off by what a file says (`+2d`, `-2d`, `+0`), from the moment at which it
 * says so.
 */
const file = process.env.FAKETIME_TIMESTAMP_FILE ?? ''
const now = Date.now
const day = 86_400_000

let off = 0
function look() {
  const [, by = '0', unit] = /^([+-]\d+)(d?)/.exec(readFileSync(file, 'utf8')) ?? []
  off = Number(by) * (unit === 'd' ? day : 1000)
}
look()
watchFile(file, { interval: 200, persistent: false }, look)
Date.now = () => now() + off

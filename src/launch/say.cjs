'use strict'

/** Talk goes to stderr: stdout belongs to the data of the command that follows. */
const say = (words) => process.stderr.write(`parley: ${words}\n`)

/** What the person at the keyboard has to put right; said without a stack. */
class Stop extends Error {
  constructor(words, exitCode = 2) {
    super(words)
    this.exitCode = exitCode
  }
}

/** Says every 10 s that `doing` still goes on, until the returned function is called. */
function sayWhile(doing) {
  const began = Date.now()
  say(`${doing} …`)
  const timer = setInterval(() => say(`${doing} … ${Math.round((Date.now() - began) / 1000)} s`), 10000)
  return () => clearInterval(timer)
}

module.exports = { say, sayWhile, Stop }

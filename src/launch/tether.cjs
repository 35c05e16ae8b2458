'use strict'
/*
 * Loaded before src/main.ts. A server must not outlive what started it and go on holding the port: when the launcher
 * (by fd) or npm (by pid) is gone without a word, it is as if SIGTERM had come. And the launcher hears of each signal,
 * so that it does not send one again that a terminal has sent to all of us.
 */
const { Socket } = require('node:net')
const { isMainThread } = require('node:worker_threads')

const [fd, npm] = (process.env.PARLEY_TETHER || ',').split(',')
if (isMainThread) {
  delete process.env.PARLEY_TETHER // not for the children of this process
  if (fd) holdOn(Number(fd))
  if (npm) setInterval(() => process.ppid !== Number(npm) && gone(), 1000).unref()
}

function gone() {
  process.kill(process.pid, 'SIGTERM')
}

function holdOn(descriptor) {
  const line = new Socket({ fd: descriptor, readable: true, writable: true })
  line.on('error', () => {}) // followed by close
  line.on('close', gone)
  line.resume().unref()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, function tell() {
      if (!line.destroyed) line.write(`${signal}\n`)
      if (process.listenerCount(signal) > 1) return
      // Nobody else listens: then it must do what it does by itself, end the process.
      process.removeListener(signal, tell)
      process.kill(process.pid, signal)
    })
  }
}

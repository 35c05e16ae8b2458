import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const shipped = join(import.meta.dirname, '../../docs/proxies')

/** The shipped file with other ports and files, and nothing else; what is to be replaced has to be there. */
export function rendered(name: string, changes: [string | RegExp, string][]): string {
  const text = readFileSync(join(shipped, name), 'utf8')
  return changes.reduce((given, [from, to]) => {
    const changed = given.replaceAll(from, to)
    assert.notEqual(changed, given, `${name} has no ${from}`)
    return changed
  }, text)
}

/** Resolves when somebody takes connections at this port. @throws Error when the program that should has ended instead */
export async function isListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const opened = await new Promise((resolve) => socket.on('connect', () => resolve(true)).on('error', () => resolve(false)))
    socket.destroy()
    if (opened) return
    await pause(20) // a program of others tells nobody that it listens
  }
}

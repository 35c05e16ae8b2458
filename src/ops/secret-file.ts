import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'

/** A line that only this user can read, whole or not there. @throws Error EEXIST unless it may be replaced */
export function writeSecret(file: string, secret: string, { replace }: { replace: boolean }): void {
  const draft = `${file}.${process.pid}.new`
  rmSync(draft, { force: true })
  const descriptor = openSync(draft, 'wx', 0o600)
  try {
    writeSync(descriptor, `${secret}\n`)
    fsyncSync(descriptor)
    if (replace) renameSync(draft, file)
    else linkSync(draft, file)
  } finally {
    closeSync(descriptor)
    rmSync(draft, { force: true })
  }
}

import { existsSync, statSync } from 'node:fs'
import type { Config } from '../config.ts'

/** As root it would work, and leave files behind that the server cannot open. @throws Error */
export function checkUser({ store }: Config): void {
  if (process.getuid?.() !== 0 || !existsSync(store.file)) return
  const { uid } = statSync(store.file)
  if (uid !== 0)
    throw new Error(`${store.file} belongs to the user ${uid}: run this as that user (sudo -u '#${uid}' …), or start the server first.`)
}

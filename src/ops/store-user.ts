import { existsSync, statSync } from 'node:fs'
import { type Config, storeFile } from '../config.ts'

/** As root it would work, and leave files behind that the server cannot open. @throws Error */
export function checkUser({ store }: Config): void {
  const file = storeFile(store)
  if (process.getuid?.() !== 0 || file === undefined || !existsSync(file)) return
  const { uid } = statSync(file)
  if (uid !== 0)
    throw new Error(`${file} belongs to the user ${uid}: run this as that user (sudo -u '#${uid}' …), or start the server first.`)
}

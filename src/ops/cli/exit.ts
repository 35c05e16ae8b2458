import { CommanderError } from 'commander'
import { ConfigFaults } from '../../config/faults.ts'

/** The command was understood but not meant like this: exit code 2, like a misspelt option. */
export class Misused extends Error {
  override name = 'Misused'
}

/** What is wrong has been said on stdout, as the data that was asked for: exit code 1. */
export class Told extends Error {
  override name = 'Told'
}

/** 0 done · 1 refused or failed · 2 wrong usage or configuration. */
export type ExitCode = 0 | 1 | 2

/** The exit code for what a command threw, and what to tell the person; commander has told its own already. */
export function verdictOn(error: unknown): { code: ExitCode; words?: string } {
  // A command that has said all itself names its own code; what commander refuses is wrong usage.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : error.code === 'parley.warnings' ? 1 : 2 }
  if (error instanceof ConfigFaults)
    return {
      code: 2,
      words: `The configuration has ${error.faults.length === 1 ? 'a fault' : `${error.faults.length} faults`}:\n${error.message}`,
    }
  if (error instanceof Told) return { code: 1 }
  if (error instanceof Misused || (error instanceof Error && error.name === 'UnfitDatabase')) return { code: 2, words: error.message }
  return { code: 1, words: wordsOf(error) }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (isNoRoom(error))
    return `The disk is full: what Parley keeps in its data folder can no longer be written. Make room (\`df -h\` shows on which disk there is none) and try again; nothing that was acknowledged is lost.`
  const { code, syscall, path, hostname, address, port, errcode } = error as Fault
  const where = `${address ?? ''}:${port ?? ''}`
  if (code === 'EADDRINUSE') return `${where} is in use by another program. Set server.port to another port, or to 0 for any that is free.`
  if (code === 'EACCES' && port !== undefined)
    return `This user may not listen on ${where}. Take a port from 1024 on, or let a proxy hold that one.`
  if (code === 'EADDRNOTAVAIL' || syscall === 'getaddrinfo')
    return `This machine has no address ${address ?? hostname}. Set server.host, or ops.host, to one that it has, or to 0.0.0.0 for all of them.`
  if (syscall === 'mkdir') return `The folder ${path} cannot be made (${code}). Set data.dir to one that this user can write to.`
  if (errcode === cantOpen) return 'The file of the store cannot be opened: parley doctor says more.'
  const { name, message, cause } = error
  if (name === 'WrongMasterKey') return `${message} If it is lost for good: parley restore FILE --new-secrets`
  return cause instanceof Error && !message.includes(cause.message) ? `${message} (${cause.message})` : message
}

/** What Node and SQLite tell beside the words. */
type Fault = NodeJS.ErrnoException & { hostname?: string; address?: string; port?: number; errcode?: number }

/** SQLITE_FULL, SQLITE_IOERR_SHMSIZE: no room for the index of the log, and SQLITE_CANTOPEN (https://sqlite.org/rescode.html). */
const [full, noRoomForIndex, cantOpen] = [13, 4874, 14]

/** Whether it failed for want of room on a disk, whoever noticed first. */
function isNoRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, errcode } = error as Fault
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === full || errcode === noRoomForIndex || isNoRoom(error.cause)
}

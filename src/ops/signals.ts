import type { EventEmitter } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import type { Logger } from 'pino'

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'

interface Deps {
  /** Where signals and failures nobody caught come from. Default: this process. */
  from?: EventEmitter
  /** ms that never jump. */
  monotonic: () => number
  /** Ends in good order: drains, closes, resolves. */
  end: () => Promise<void>
  reload: () => Promise<void>
  exit: (code: number) => void
  /** Whether the terminal that was there at the start is gone. */
  terminalGone: () => boolean
  log: Logger
}

/** ms in which a second signal is the same one again: a terminal and a launcher may both send it. */
const echo = 1_000

/**
 * SIGTERM or SIGINT ends in good order, a second one a second later at once; SIGHUP reloads, but ends when it came because the
 * terminal closed. What nobody caught ends the process too: how much of it is still true nobody knows.
 */
export function watchSignals({ from = process, monotonic, end, reload, exit, terminalGone, log }: Deps): void {
  let since: number | undefined

  function finish(signal: Signal): void {
    if (since !== undefined) {
      if (monotonic() - since >= echo) exit(1)
      return
    }
    since = monotonic()
    log.info({ event: 'sys_shutdown', signal }, 'Parley is ending; once more to end at once')
    end().then(
      () => exit(0),
      (err: unknown) => {
        log.fatal({ event: 'sys_shutdown_failed', err }, 'Parley could not end in good order')
        exit(1)
      },
    )
  }

  function hangUp(): void {
    if (terminalGone()) return finish('SIGHUP')
    reload().catch((err: unknown) =>
      log.error({ event: 'sys_config_refused', err }, 'The configuration was not read again; the old one holds'),
    )
  }

  function crash(err: unknown): void {
    try {
      log.fatal({ event: 'sys_crash', err }, 'Something failed that nobody caught; Parley stops')
    } finally {
      exit(1)
    }
  }

  from.on('SIGTERM', () => finish('SIGTERM'))
  from.on('SIGINT', () => finish('SIGINT'))
  from.on('SIGHUP', hangUp)
  from.on('uncaughtException', crash)
  from.on('unhandledRejection', crash)
}

/** Looks whether there is a controlling terminal now, and gives the question whether it has gone since. */
export function watchTerminal(): () => boolean {
  const had = hasTerminal()
  return () => had && !hasTerminal()
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY))
    return true
  } catch {
    return false
  }
}

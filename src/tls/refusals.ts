import type { Logger } from 'pino'
import type { After } from './watch.ts'

/** ms that a bad pair gets to become a good one before it is called bad: two files are never written at once. */
const patienceMs = 2000
const mostRemembered = 64

/**
 * What lies in the folder and is not served, said once for each content.
 * @param lookAgain called when patience has run out.
 */
export function createRefusals({
  dir,
  log,
  after,
  onSaid,
  lookAgain,
}: {
  dir: string
  log: Pick<Logger, 'warn'>
  after: After
  onSaid: (reasons: readonly string[]) => void
  lookAgain: () => void
}) {
  const said = new Set<string>()
  let present: readonly string[] | undefined
  let callOff: (() => void) | undefined

  return {
    present: () => present,
    /**
     * @param content the same for the same files.
     * @param isPatient they may be in the middle of being written: look again before saying so.
     */
    add(reasons: readonly string[], content: string, isPatient: boolean): void {
      present = reasons
      // The reasons count too: a pair that was too early may later be too late.
      const key = `${content} ${reasons.join()}`
      if (said.has(key)) return
      if (isPatient) {
        callOff?.()
        callOff = after(patienceMs, lookAgain)
        return
      }
      if (said.size >= mostRemembered) said.clear()
      said.add(key)
      log.warn({ event: 'tls_pair_refused', dir, reasons }, 'A new certificate is refused; the one in force stays')
      onSaid(reasons)
    },
    /** What lies there is what is served. */
    clear(): void {
      present = undefined
      callOff?.()
    },
  }
}

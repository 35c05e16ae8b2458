import type { Logger } from 'pino'

interface Deps {
  /** Writes something, and throws while that cannot be done. */
  probe: () => Promise<void>
  log: Logger
  /** ms between two tries while nothing can be written. */
  every: number
}

/**
 * Whether the store takes what it is given. Red from the first write that failed until one succeeds; since nobody is
 * sent here while it is red, it tries by itself.
 */
export function watchStore({ probe, log, every }: Deps) {
  let isRed = false
  let timer: NodeJS.Timeout | undefined

  function wrote(): void {
    if (!isRed) return
    isRed = false
    clearTimeout(timer)
    log.info({ event: 'store_recovered' }, 'The store takes writes again')
  }

  function failed(fault: string): void {
    if (isRed) return
    isRed = true
    log.error({ event: 'sys_unavailable', fault }, 'The store takes no writes: what people send is refused until it does')
    later()
  }

  function later(): void {
    timer = setTimeout(() => void probe().then(wrote, () => isRed && later()), every)
    timer.unref()
  }

  return {
    wrote,
    failed,
    get isRed(): boolean {
      return isRed
    },
    close(): void {
      isRed = false
      clearTimeout(timer)
    },
  }
}

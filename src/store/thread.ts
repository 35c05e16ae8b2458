import { Worker } from 'node:worker_threads'

export class ThreadFault extends Error {
  override name = 'ThreadFault'
  readonly errcode: number | undefined
  constructor(message: string, errcode?: number) {
    super(message)
    this.errcode = errcode
  }
}

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}
interface Told {
  id: number
  result?: unknown
  error?: { message: string; fatal: boolean; errcode?: number }
}

/**
 * A worker thread that is asked and answers, in order.
 * @param onFatal called once when the thread can no longer be trusted: it died, or the disk failed under it.
 * @param onFault called for every answer that is a fault, fatal or not, with SQLite's code.
 */
export function startThread(
  entry: URL,
  workerData: object,
  onFatal: (error: Error) => void,
  onFault: (errcode: number | undefined) => void = () => undefined,
) {
  const worker = new Worker(entry, { workerData })
  const waiting = new Map<number, Waiting>()
  let next = 0
  let gone: Error | undefined

  function fall(error: Error): void {
    if (gone) return
    gone = error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
    onFatal(error)
  }

  worker.on('message', ({ id, result, error }: Told) => {
    const ask = waiting.get(id)
    waiting.delete(id)
    if (error) onFault(error.errcode)
    if (error?.fatal) fall(new ThreadFault(error.message, error.errcode))
    if (error) ask?.reject(new ThreadFault(error.message, error.errcode))
    else ask?.resolve(result)
  })
  worker.on('error', fall)
  let closing = false
  worker.on('exit', () => {
    if (!closing) fall(new ThreadFault('A thread of the store has ended.'))
  })

  function ask(question: object): Promise<unknown> {
    if (gone) return Promise.reject(gone)
    const id = ++next
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, ...question })
    })
  }

  return {
    ask,
    async close(): Promise<void> {
      closing = true
      if (gone) return void (await worker.terminate()) // it may live on, and keep the process
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
      worker.postMessage({ id: 0, close: true })
      await ended
    },
  }
}

export type Thread = ReturnType<typeof startThread>

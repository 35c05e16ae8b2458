/** A promise that is settled from outside. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** Whoever awaits the promise sees the rejection; one that nobody awaits must not end the process of a bot. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

export function defer<T>(): Deferred<T> {
  const deferred = Promise.withResolvers<T>()
  quiet(deferred.promise)
  return deferred
}

/** What was said no to before it began; it may be ignored, as every answer may. */
export const rejected = (error: Error): Promise<never> => quiet(Promise.reject(error))

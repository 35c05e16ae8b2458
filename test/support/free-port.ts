import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Ports that no system gives out by itself: one that was, to a program that listens anywhere or to a connection that only passes, may be
 * somebody else's a moment later.
 */
const [from, to] = [11_000, 30_000]

/** A port of 127.0.0.1 that was free a moment ago, for programs that cannot say which one they took. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(from, to)
    if (await isFree(port)) return port
  }
}

/** Nobody listens at this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>((resolve) => {
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise((resolve) => server.close(resolve))
  return free
}

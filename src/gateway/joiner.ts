import type { Frame } from './wire.ts'

export type Join = (frames: readonly Frame[]) => Buffer

/** Makes one Buffer of several frames. The readers of a room want the same ones, one reader after another: they share it (`fan-out-64 --beside`: µs/delivery). */
export function createJoiner(): { join: Join; forget: () => void } {
  let last: readonly Frame[] = []
  let joined: Buffer | undefined

  function join(frames: readonly Frame[]): Buffer {
    if (frames.length === 1) return (frames[0] as Frame).bytes
    if (joined === undefined || frames.length !== last.length || frames.some((frame, i) => frame !== last[i])) {
      joined = Buffer.concat(frames.map(({ bytes }) => bytes))
      last = frames
    }
    return joined
  }

  return {
    join,
    /** Keeps nothing alive between two turns. */
    forget(): void {
      last = []
      joined = undefined
    },
  }
}

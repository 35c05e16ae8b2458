import { type Frame, hint } from './wire.ts'

/** A ping that carries nothing (RFC 6455 §5.5.2). */
const ping = Buffer.of(0x89, 0x00)

/**
 * Signs of life: a beat, which tells a page that the line is alive, by itself or behind a ping, which a page cannot see and whose pong tells
 * us the same. Put together once a ms, for however many are told then (`npm run bench -- idle-10000`: CPU, and see src/ops/nursery.ts).
 * @param now ms since 1970
 */
export function createSigns(now: () => number): (withPing: boolean) => Frame {
  let at: number | undefined
  let beat: Frame
  let both: Frame
  return (withPing) => {
    const time = now()
    if (time !== at) {
      at = time
      beat = hint({ type: 'beat', now: time })
      both = { bytes: Buffer.concat([ping, beat.bytes]), droppable: true }
    }
    return withPing ? both : beat
  }
}

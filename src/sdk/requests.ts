import type { FrameOf, FrameType } from '../protocol/client-frames.ts'
import type { Answers, Refused as RefusedFrame } from '../protocol/server-frames.ts'
import { type Deferred, defer, rejected } from './deferred.ts'
import { Lost, Refused, refusalFor } from './errors.ts'

/** The fields of a request, without `type` and `ref`. */
export type Fields<T extends FrameType> = T extends 'history'
  ? { room: string; before?: number; after?: number; around?: number; limit?: number }
  : Omit<FrameOf<T>, 'type' | 'ref'>

export type Ask = <T extends FrameType>(type: T, fields: Fields<T>) => Promise<Answers[T]>

type Answer = ({ type: 'ok'; ref: number } & Record<string, unknown>) | RefusedFrame

export interface Requests {
  /** @throws Refused, also for a frame longer than the server takes; Lost when no connection is there, or it ends before the answer comes. */
  ask: Ask
  answered(frame: Answer): void
  /** A welcomed connection that takes `most` unanswered requests, of so many bytes each. */
  begin(send: (text: string) => void, most: number, bytes: number): void
  /** The connection is gone, and with it every answer. */
  end(): void
}

const spare = 4
const mostQueued = 1_000
const lastRef = 0xffff_ffff
const encoder = new TextEncoder()

/** Gives each request its ref and keeps below the number of unanswered ones that the server takes; the rest wait here, in order. */
export function createRequests(): Requests {
  const unanswered = new Map<number, Deferred<unknown>>()
  const queue: string[] = []
  let send: ((text: string) => void) | undefined
  let most = 1
  let mostBytes = 0
  let ref = 0

  function flush(): void {
    while (send && queue.length > 0 && unanswered.size - queue.length < most) send(queue.shift()!)
  }

  return {
    ask: <T extends FrameType>(type: T, fields: Fields<T>): Promise<Answers[T]> => {
      if (!send) return rejected(new Lost('There is no connection.'))
      if (queue.length >= mostQueued)
        return rejected(new Refused({ code: 'too_many_pending', message: 'Too many requests wait for an answer.', retryable: true }))
      const next = (ref % lastRef) + 1
      const line = JSON.stringify({ ...fields, type, ref: next })
      // The server would not answer it but end the connection (1009), and whatever else is on its way with it.
      if (encoder.encode(line).length > mostBytes) return rejected(refusalFor('too_large'))
      ref = next
      const answer = defer<unknown>()
      unanswered.set(ref, answer)
      queue.push(line)
      flush()
      return answer.promise as Promise<Answers[T]>
    },
    answered(frame) {
      const answer = unanswered.get(frame.ref)
      unanswered.delete(frame.ref)
      if (frame.type === 'refused') answer?.reject(new Refused(frame as RefusedFrame))
      else {
        const { type: _, ref: __, ...fields } = frame
        answer?.resolve(fields)
      }
      flush()
    },
    begin(through, limit, bytes) {
      send = through
      mostBytes = bytes
      most = Math.max(1, limit - spare)
    },
    end() {
      send = undefined
      queue.length = 0
      const gone = [...unanswered.values()]
      unanswered.clear()
      for (const answer of gone) answer.reject(new Lost('The connection ended before the answer came.'))
    },
  }
}

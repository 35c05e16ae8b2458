import type { FrameOf, FrameType } from '../protocol/client-frames.ts'
import type { Answers, Refused as RefusedFrame } from '../protocol/server-frames.ts'
import { type Deferred, defer } from './deferred.ts'
import { Lost, Refused } from './errors.ts'

/** The fields of a request, without `type` and `ref`. */
export type Fields<T extends FrameType> = T extends 'history'
  ? { room: string; before?: number; after?: number; around?: number; limit?: number }
  : Omit<FrameOf<T>, 'type' | 'ref'>

export type Ask = <T extends FrameType>(type: T, fields: Fields<T>) => Promise<Answers[T]>

type Answer = ({ type: 'ok'; ref: number } & Record<string, unknown>) | RefusedFrame

export interface Requests {
  /** @throws Refused; Lost when no connection is there, or it ends before the answer comes. */
  ask: Ask
  answered(frame: Answer): void
  /** A welcomed connection that takes `most` unanswered requests. */
  begin(send: (text: string) => void, most: number): void
  /** The connection is gone, and with it every answer. */
  end(): void
}

const spare = 4
const mostQueued = 1_000
const lastRef = 0xffff_ffff

/** Gives each request its ref and keeps below the number of unanswered ones that the server takes; the rest wait here, in order. */
export function createRequests(): Requests {
  const unanswered = new Map<number, Deferred<unknown>>()
  const queue: string[] = []
  let send: ((text: string) => void) | undefined
  let most = 1
  let ref = 0

  function flush(): void {
    while (send && queue.length > 0 && unanswered.size - queue.length < most) send(queue.shift()!)
  }

  return {
    ask: <T extends FrameType>(type: T, fields: Fields<T>): Promise<Answers[T]> => {
      const answer = defer<unknown>()
      if (!send) answer.reject(new Lost('There is no connection.'))
      else if (queue.length >= mostQueued) {
        answer.reject(new Refused({ code: 'too_many_pending', message: 'Too many requests wait for an answer.', retryable: true }))
      } else {
        ref = (ref % lastRef) + 1
        unanswered.set(ref, answer)
        queue.push(JSON.stringify({ ...fields, type, ref }))
        flush()
      }
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
    begin(through, limit) {
      send = through
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

import { setTimeout as pause } from 'node:timers/promises'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures } from './task.ts'

/** Posts that may be on their way at a time. */
const ring = 1 << 16
/** Every how many readers one's delays are measured. */
const sampled = 16

/** ms. */
const afterRefusal = 200

/** Who has heard what, of every post by every reader: what never came, came twice, or out of order. */
export class Score {
  posted = 0
  /** A post has been heard by all who should. */
  complete: () => void = () => undefined
  readonly #perRoom: number
  /** How many have still to hear the nth post. */
  readonly #awaited = new Int32Array(ring)
  /** The last post that a line has heard of a sender in its room. */
  readonly #last: Int32Array
  #durations = new Durations()
  #finished = 0
  #deliveries = 0
  #doubled = 0
  #refused = 0
  #outOfOrder = 0
  #measuring = false
  #failure: Error | undefined

  constructor({ perRoom, size }: { perRoom: number; size: number }) {
    this.#perRoom = perRoom
    this.#last = new Int32Array(size * perRoom).fill(-1)
  }

  /** The number of the next post. @throws when the server takes in less than it is given. */
  begin(): number {
    if (this.posted - this.#finished >= ring) throw new Error(`${ring} posts are on their way: this is more than the server takes in.`)
    const n = this.posted++
    this.#awaited[n % ring] = this.#perRoom
    return n
  }

  /** @param at µs when it was due. */
  hear(line: number, sender: number, n: number, at: number): void {
    this.#deliveries++
    const mine = line * this.#perRoom + (sender % this.#perRoom)
    const last = this.#last[mine] as number
    if (n <= last) {
      if (n === last) this.#doubled++
      else this.#outOfOrder++
      return
    }
    this.#last[mine] = n
    if (this.#measuring && line % sampled === 0) this.#durations.add(performance.now() - at / 1000)
    const left = (this.#awaited[n % ring] as number) - 1
    this.#awaited[n % ring] = left
    if (left > 0) return
    this.#finished++
    this.complete()
  }

  /** The nth post was refused: nobody will hear it. Another goes a little later, since the server has enough of them. */
  refuse(n: number): void {
    this.#refused++
    this.#awaited[n % ring] = 0
    this.#finished++
    setTimeout(() => this.complete(), afterRefusal)
  }

  lost(line: number, code: number): void {
    this.#failure ??= new Error(`Connection ${line} ended with ${code} in the middle of the run.`)
  }

  /** Begins the measured time; what it returns ends it. */
  measure(): () => Figures {
    const [posts, deliveries, watch] = [this.posted, this.#deliveries, startWatch()]
    const durations = new Durations()
    this.#durations = durations
    this.#measuring = true
    return () => {
      this.#measuring = false
      const { ms, ownCpu } = watch()
      const heard = this.#deliveries - deliveries
      return {
        posts: this.posted - posts,
        deliveries: heard,
        deliveriesPerSecond: (heard / ms) * 1000,
        ...durations.figures(),
        ownCpu,
      }
    }
  }

  /** Waits until everybody has heard everything, for so many ms. @throws when a connection was lost. */
  async settled(ms: number): Promise<Figures> {
    const until = performance.now() + ms
    while (this.#finished < this.posted && performance.now() < until && !this.#failure) await pause(10)
    if (this.#failure) throw this.#failure
    const missing = this.#awaited.reduce((sum, left) => sum + left, 0)
    return { missing, doubled: this.#doubled, outOfOrder: this.#outOfOrder, refused: this.#refused }
  }
}

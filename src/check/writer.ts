import { type Access, type Frame, Reach, type Welcome } from './reach.ts'
import { type Post, textOf } from './seen.ts'

interface Given extends Access {
  rooms: readonly string[]
  /** Begins every key: those of another run must not be met again. */
  prefix: string
  /** Posts on their way at a time. */
  window: number
  /** Whether there is more to say; asked before each new post. */
  hasMore: () => boolean
  asked: (post: Post) => void
  answered: () => void
  /** Its login will be ended: being turned away is then the end of it. */
  doomed?: boolean
}

/** ms before what was refused for now is asked again, where the server does not say. */
const again = 50

/** Somebody who talks without a pause, and asks again, with the same key, whatever was not answered. */
export class Writer {
  readonly reach: Reach
  readonly #given: Given
  readonly #open = new Map<string, Post>()
  /** By ref, on the present connection. */
  #flying = new Map<number, { post: Post; nth: number }>()
  #again: Post[] = []
  #count = 0
  #nth = 0
  #line = 0
  #store = ''
  #account = ''
  #login = ''
  #window: number
  #resting: NodeJS.Timeout | undefined
  #ended = false

  constructor(given: Given) {
    this.#given = given
    this.#window = given.window
    this.reach = new Reach(given, {
      greeted: (welcome, line) => this.#greeted(welcome, line),
      heard: (frame) => this.#heard(frame),
      lost: () => this.#flying.clear(),
      turnedAway: (status) => {
        if (status === 401 && given.doomed) this.#giveUp('signed_out')
      },
    })
  }

  #greeted({ account, login, store, limits }: Welcome, line: number): void {
    this.#account = account.id
    this.#login = login.id
    this.#store = store
    this.#line = line
    this.#nth = 0
    this.#window = Math.min(this.#given.window, limits.pending)
    this.#flying = new Map()
    // In the order in which they were first asked: what is there already keeps its number, and the rest comes after it.
    this.#again = [...this.#open.values()]
    this.pump()
  }

  /** Fills what may be on its way at a time. */
  pump(): void {
    if (!this.reach.isUp || this.#resting || this.#ended) return
    this.reach.together(() => {
      while (this.#flying.size < this.#window) {
        const post = this.#again.shift() ?? this.#next()
        if (!post || !this.#say(post)) return
      }
    })
  }

  #say(post: Post): boolean {
    const ref = this.reach.say('post', { room: post.room, key: post.key, text: textOf(post.key) })
    if (ref !== undefined) this.#flying.set(ref, { post, nth: ++this.#nth })
    return ref !== undefined
  }

  #next(): Post | undefined {
    if (!this.#given.hasMore()) return undefined
    const n = this.#count++
    const room = this.#given.rooms[n % this.#given.rooms.length] as string
    const key = `${this.#given.prefix}-${String(n).padStart(8, '0')}`
    const post: Post = { room, key, by: this.#account, login: this.#login, asked: performance.now(), answers: [] }
    this.#open.set(key, post)
    this.#given.asked(post)
    return post
  }

  #heard(frame: Frame): void {
    const flying = frame.ref === undefined ? undefined : this.#flying.get(frame.ref)
    if (!flying) return
    this.#flying.delete(frame.ref as number)
    const { post, nth } = flying
    if (frame.type === 'ok') {
      const { seq, id } = frame as Frame & { seq: number; id: string }
      post.answers.push({ seq, id, duplicate: frame.duplicate === true, store: this.#store, line: this.#line, nth })
      post.answered ??= performance.now()
      this.#open.delete(post.key)
      this.#given.answered()
    } else if (frame.retryable === true) this.#rest(post, Number(frame.retryAfterMs ?? again))
    else {
      post.refused = String(frame.code)
      this.#open.delete(post.key)
    }
    if (this.#flying.size <= this.#window / 2) this.pump()
  }

  /** Asks nothing for a while, then what was refused and all that came after it, in the first order. */
  #rest(post: Post, ms: number): void {
    this.#again.push(post)
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined
      const order = new Map([...this.#open.keys()].map((key, i) => [key, i]))
      this.#again.sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0))
      this.pump()
    }, ms)
  }

  /** Its login has ended: what was not answered never will be. */
  #giveUp(code: string): void {
    for (const post of this.#open.values()) post.refused = code
    this.#open.clear()
    this.#ended = true
    void this.stop()
  }

  get unanswered(): number {
    return this.#open.size
  }

  /** While it is connected, the login that it is known by. */
  get login(): string | undefined {
    return this.reach.isUp && !this.#ended ? this.#login : undefined
  }

  async stop(): Promise<void> {
    clearTimeout(this.#resting)
    await this.reach.stop()
  }
}

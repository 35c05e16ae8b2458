import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Answer, Bus, OpenSocket, Question } from '../bus/bus.ts'
import type { Tables } from '../store/schema.ts'
import { createFeed, type News } from './feed.ts'
import { createLease, leaseTimes } from './lease.ts'
import { createQuestions } from './questions.ts'
import { createRoster } from './roster.ts'

interface Deps {
  /** Not the way on which people's requests wait: a lease that is renewed late silences the node. */
  db: Kysely<Tables>
  bus: Bus
  node: string
  controlTopic: string
  nodeTopic: (node: string) => string
  monotonic: () => number
  wall: () => number
  log: Logger
  /** ms that a lease holds, and between two renewals: the same on all nodes of a store. */
  lease?: { life: number; every: number }
}

/** What a node does when others, or the store, tell it. */
export interface Duties {
  /** Resolves when the last bytes to these logins are out; says how many connections there were. */
  end(ended: News['ended']): Promise<number>
  /** The keys have changed: reads them, and closes what came in by one that is gone. */
  keysChanged(): Promise<number>
  /** Asks the store about every login that has connections here, and ends those that do not hold. @throws when it cannot be asked. */
  recheck(): Promise<void>
  connectionsOf(logins: string[]): Map<string, OpenSocket[]>
}

/** How far an ending has come: connections that were closed elsewhere, and nodes that have not said so. */
export interface Told {
  connections: number
  unconfirmed: number
}

/** ms between two looks at the rows of nodes that do not answer. */
const lookEvery = 250
/** ms that the others have to say which connections they hold; this is only for a page. */
const patience = 500

/** Several nodes over one store: who is there, what each has to hear, and when it is true on all of them. */
export async function createNodes({ lease: times = leaseTimes, ...deps }: Deps) {
  const { db, node, monotonic } = deps
  const feed = createFeed(db)
  const roster = createRoster({ db, node, monotonic, life: times.life })
  const lease = createLease({ ...deps, ...times, feed, roster })
  const questions = await createQuestions(deps)

  /**
   * Asks every node whose lease may hold, and waits until each has answered, has read of it in the store, or has lost its lease.
   * What is asked for stands in the audit log already, so when a lease has passed since it is true everywhere in any case.
   */
  async function everywhere(question: Question): Promise<Told> {
    const answers = new Map<string, Answer>()
    let changed = Promise.withResolvers<true>()
    const asked = questions.ask(question, (from, answer) => {
      answers.set(from, answer)
      changed.resolve(true)
    })
    const until = monotonic() + times.life + 2 * lookEvery
    const expected = new Set(roster.live())
    // The store may not answer, which proves nothing: then only time does.
    const [place, looked] = await Promise.all([within(feed.newest(), times.life), look()])
    const newest = place?.seq ?? Number.POSITIVE_INFINITY
    let isKnown = looked
    for (const id of roster.live()) expected.add(id)
    const isSilent = (id: string) => !answers.has(id) && roster.seen(id) < newest
    const isAwaited = (id: string) => isSilent(id) && roster.isLive(id)
    while ((!isKnown || [...expected].some(isAwaited)) && monotonic() < until) {
      if (await within(changed.promise, lookEvery)) changed = Promise.withResolvers()
      else {
        isKnown = await look()
        for (const id of roster.live()) expected.add(id)
      }
    }
    asked.stop()
    return { connections: sum(answers), unconfirmed: [...expected].filter(isSilent).length }
  }

  const look = async (): Promise<boolean> =>
    (await within(
      roster.look().then(() => true),
      times.life,
    )) ?? false

  /** Waits until nobody else is there. @throws Error in words about the one that `stays` */
  async function waitAlone(stays: (id: string) => boolean): Promise<void> {
    for (await roster.look(); roster.live().length > 0; await roster.look()) {
      const other = roster.live().find(stays)
      if (other !== undefined)
        throw new Error(
          `Another node (${other}) works on this store, and bus.url is local: they would not hear each other. Set bus.url to a Redis for all nodes.`,
        )
      await new Promise((resolve) => setTimeout(resolve, lookEvery))
    }
  }

  /** Refuses to be the second node where nodes cannot hear each other. One that has died renews nothing. @throws Error in words */
  async function checkAlone(): Promise<void> {
    const before = new Map<string, number>()
    await waitAlone((id) => {
      const renewed = roster.renewals().get(id) ?? 0
      if (!before.has(id)) before.set(id, renewed)
      return before.get(id) !== renewed
    })
  }

  /**
   * The same once the own row is there: of nodes that begin at once none may have seen another before. The one whose id comes first stays
   * and waits for the others to leave; one that does not had looked before the row was there, and stays.
   */
  async function checkFirst(): Promise<void> {
    const until = monotonic() + times.life + 2 * lookEvery
    await waitAlone((id) => id < node || monotonic() > until)
  }

  return {
    node,
    holds: lease.holds,
    leaseAge: lease.age,
    whenHeld: lease.whenHeld,
    everywhere,
    checkAlone,
    /**
     * Takes up a lease and its duties.
     * @param alone nodes could not hear each other: of several only one comes in
     * @throws when the store cannot be asked · Error in words
     */
    async join(alone: boolean, duties: Duties): Promise<void> {
      await lease.begin(async ({ ended, keys, isCut }) => {
        if (isCut) await duties.recheck()
        if (ended.length > 0) await duties.end(ended)
        if (keys) await duties.keysChanged()
      })
      if (alone)
        await checkFirst().catch(async (error) => {
          await lease.end() // at once: somebody waits for it
          throw error
        })
      questions.answerWith(async (question) => {
        if (question.ask === 'ended') {
          const { ended, request } = question
          return { connections: await duties.end(ended.map((one) => ({ request, ...one }))) }
        }
        if (question.ask === 'keys') return { connections: await duties.keysChanged() }
        return { open: [...duties.connectionsOf(question.logins)].filter(([, open]) => open.length > 0) }
      })
    },
    /** The connections that others hold of these logins, as far as they say so at once. */
    async connectionsOf(logins: string[]): Promise<Map<string, OpenSocket[]>> {
      const found = new Map<string, OpenSocket[]>()
      if (logins.length === 0) return found
      await look()
      const expected = new Set(roster.live())
      if (expected.size === 0) return found
      const all = Promise.withResolvers<void>()
      const asked = questions.ask({ ask: 'connections', logins }, (from, { open = [] }) => {
        for (const [login, sockets] of open) found.set(login, [...(found.get(login) ?? []), ...sockets])
        expected.delete(from)
        if (expected.size === 0) all.resolve()
      })
      await within(all.promise, patience)
      asked.stop()
      return found
    },
    others: roster.live,
    /** Which of the others should be there, and which have just answered over the bus. */
    async roll(): Promise<{ live: string[]; answering: string[] }> {
      await look()
      const live = roster.live()
      const answering = new Set<string>()
      const all = Promise.withResolvers<void>()
      const asked = questions.ask({ ask: 'connections', logins: [] }, (from) => {
        answering.add(from)
        if (live.every((id) => answering.has(id))) all.resolve()
      })
      if (live.length > 0) await within(all.promise, patience)
      asked.stop()
      return { live, answering: [...answering] }
    },
    leave: lease.end,
    close: questions.close,
  }
}

export type Nodes = Awaited<ReturnType<typeof createNodes>>

const sum = (answers: Map<string, Answer>): number => [...answers.values()].reduce((all, { connections = 0 }) => all + connections, 0)

/** What it comes to; undefined when it fails, or when the time is up first. */
async function within<T>(what: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  return Promise.race([what.catch(() => undefined), late]).finally(() => clearTimeout(timer))
}

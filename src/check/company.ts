import { setTimeout as passed } from 'node:timers/promises'
import { ask } from '../outside/ask.ts'
import { Line, type Target } from '../outside/line.ts'
import type { Frame, Welcome } from './reach.ts'

interface Person {
  token: string
  account: string
}

/** Who plays which part in a run. */
export interface Company {
  /** Makes the rooms, and shows people the door. */
  owner: Person
  /** In the rooms all the time: the owner and others. They talk and listen. */
  members: Person[]
  /** Is removed and comes again. */
  guest?: Person
  /** Never in any of the rooms. */
  stranger?: Person
}

/**
 * Gives the parts: a stranger where there are three people, a guest too where there are four. More tokens of one account
 * are one person.
 * @throws NotLetIn when a token is not taken
 */
export async function cast(target: Target, tokens: readonly string[], within: number): Promise<Company> {
  const people = new Map<string, Person>()
  for (const token of tokens) {
    const account = await accountOf(target, token, within)
    if (!people.has(account)) people.set(account, { token, account })
  }
  const all = [...people.values()]
  const [owner] = all
  if (!owner) throw new Error('There is nobody: a check needs a token.')
  const stranger = all.length >= 3 ? all.pop() : undefined
  const guest = all.length >= 3 ? all.pop() : undefined
  return { owner, members: all, ...(guest && { guest }), ...(stranger && { stranger }) }
}

async function accountOf(target: Target, token: string, within: number): Promise<string> {
  const headers = { 'Sec-WebSocket-Protocol': 'parley.v1', Authorization: `Bearer ${token}` }
  const line = await Line.dial(target, { path: '/ws', headers, within })
  try {
    return await line.next((text) => {
      const said = JSON.parse(text) as Frame
      return said.type === 'welcome' ? (said as Welcome).account.id : undefined
    })
  } finally {
    line.leave()
  }
}

interface Asked {
  method: 'POST' | 'DELETE'
  path: string
  body?: object
}

/** Statuses that mean: not done, ask again. */
const later = [429, 503]
/** ms until it is asked again. */
const again = 100

/** What the owner asks for over HTTP; what is refused for now, as long as there is time. @throws Error in words */
export async function demand(target: Target, token: string, { method, path, body }: Asked, within: number): Promise<unknown> {
  const headers = { Authorization: `Bearer ${token}` }
  const end = performance.now() + within
  const put = () => ask(target, { method, path, headers, within, ...(body && { body }) })
  let answer = await put()
  while (later.includes(answer.status) && performance.now() < end) {
    await passed(again)
    answer = await put()
  }
  const { status, body: said } = answer
  if (status < 300) return said
  const { detail } = (said ?? {}) as { detail?: string }
  throw new Error(`${method} ${path} was refused: ${detail ?? `HTTP ${status}`}`)
}

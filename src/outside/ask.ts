import { type Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Target } from './line.ts'

export interface Answer {
  status: number
  body: unknown
  /** `name=value` of the cookies that were set. */
  cookies: string[]
}

interface Question {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  headers?: Record<string, string>
  body?: object
  agent?: Agent
  /** ms until all of the answer must be there; nothing: as long as it takes. */
  within?: number
}

/** One request over HTTPS, with JSON both ways. @throws when no answer comes. */
export function ask(
  { secureContext, ...to }: Target,
  { method = 'GET', path, headers = {}, body, agent, within }: Question,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ ...to, method, path, ...(secureContext && { secureContext }), ...(agent && { agent }) },
      ...(within !== undefined && { signal: AbortSignal.timeout(within) }),
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const cookies = (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0] as string)
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, body: parsed(said), cookies }), reject)
    })
    asked.end(body && JSON.stringify(body))
  })
}

function parsed(said: string): unknown {
  try {
    return JSON.parse(said)
  } catch {
    return undefined
  }
}

export interface Person {
  name: string
  password: string
}

/** Signs in as a page would. @throws Error with what the server said. */
export async function signIn(target: Target, person: Person, agent?: Agent): Promise<{ cookie: string; csrf: string }> {
  const origin = `https://${target.servername}:${target.port}`
  const { status, body, cookies } = await ask(target, {
    ...{ method: 'POST', path: '/api/v1/login', body: person, headers: { Origin: origin, 'Sec-Fetch-Site': 'same-origin' } },
    ...(agent && { agent }),
  })
  const { csrf, detail } = (body ?? {}) as { csrf?: string; detail?: string }
  if (status !== 200 || csrf === undefined) throw new Error(`${person.name} could not sign in: ${detail ?? `HTTP ${status}`}`)
  return { cookie: cookies.join('; '), csrf }
}

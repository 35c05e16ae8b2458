import { csrfHeader } from '../../protocol/limits.ts'

/** A no from the server, or no answer at all (`status` 0). `code` is a refusal code or `unreachable`. */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  readonly code: string
  /** ms */
  readonly retryAfterMs: number | undefined

  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message)
    this.status = status
    this.code = code
    this.retryAfterMs = retryAfterMs
  }
}

type Method = 'GET' | 'POST' | 'DELETE'

let csrf = ''
let refresh: (() => Promise<void>) | undefined

/** The token that goes with every change; it is new after each sign-in, also one in another tab. */
export const useCsrf = (given: string): void => {
  csrf = given
}

/** What to do when the server does not know our token any more: read it again. */
export const onStaleCsrf = (again: () => Promise<void>): void => {
  refresh = again
}

/**
 * One JSON call under /api/v1.
 * @throws Problem
 */
export async function call<T>(method: Method, path: string, body?: object): Promise<T> {
  const used = csrf
  const answer = await send(method, path, body)
  if (answer.ok) return (await readJson(answer)) as T
  const problem = await toProblem(answer)
  if (answer.status !== 403 || method === 'GET' || problem.code !== 'forbidden' || refresh === undefined) throw problem
  await refresh()
  if (csrf === used) throw problem
  const second = await send(method, path, body)
  if (second.ok) return (await readJson(second)) as T
  throw await toProblem(second)
}

async function send(method: Method, path: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (method !== 'GET' && csrf !== '') headers[csrfHeader] = csrf
  if (body !== undefined) headers['content-type'] = 'application/json'
  const init: RequestInit = { method, headers, cache: 'no-store', redirect: 'error' }
  if (body !== undefined) init.body = JSON.stringify(body)
  try {
    return await fetch(`/api/v1/${path}`, init)
  } catch {
    throw new Problem(0, 'unreachable', '')
  }
}

const readJson = async (answer: Response): Promise<unknown> => (answer.status === 204 ? {} : answer.json())

async function toProblem(answer: Response): Promise<Problem> {
  const after = Number(answer.headers.get('retry-after') ?? Number.NaN)
  const retryAfterMs = Number.isFinite(after) ? after * 1000 : undefined
  try {
    const said = (await answer.json()) as { code?: string; detail?: string; title?: string; retryAfterMs?: number }
    return new Problem(answer.status, said.code ?? 'internal', said.detail ?? said.title ?? '', said.retryAfterMs ?? retryAfterMs)
  } catch {
    return new Problem(answer.status, 'internal', '', retryAfterMs)
  }
}

import type { ActResult } from '../acts.ts'
import type { Answer, Visit } from './visit.ts'

/** A login of the doctor's own, through the front door; ended when all is done. */
export interface Session {
  token: string
  /** What signing in was answered with; the headers as they came through. */
  signedIn: Answer
  /** For a Cookie header; empty when no cookie came through. */
  cookie: string
  csrf: string
  ticket(): Promise<string>
}

/** An address that is nobody's (RFC 5737), claimed as the client's: whoever believes it believes everybody. */
export const claimed = '203.0.113.77'
/** Not the address that a proxy on this machine has: so it shows whose address arrives. Linux takes all of 127/8 for its own. */
export const strange = '127.0.0.53'

/** @throws Error when nobody answers */
export async function signIn(visit: Visit, origin: string, { token, name, password }: ActResult<'doctorBegin'>): Promise<Session> {
  const page = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', Origin: origin }
  const credentials = { path: '/api/v1/login', method: 'POST' as const, body: JSON.stringify({ name, password }) }
  const headers = { ...page, 'X-Forwarded-For': claimed }
  const isIPv4 = visit.address.startsWith('127.')
  const signedIn = await visit.ask({ ...credentials, headers, ...(isIPv4 && process.platform === 'linux' && { from: strange }) })
  const cookie = (signedIn.headers['set-cookie'] ?? []).map((one) => one.split(';')[0] ?? '').join('; ')
  const csrf = textIn(signedIn.body, 'csrf')
  return {
    token,
    signedIn,
    cookie,
    csrf,
    async ticket() {
      const answer = await visit.ask({
        path: '/api/v1/ticket',
        method: 'POST',
        headers: { ...page, Cookie: cookie, 'X-Parley-CSRF': csrf },
      })
      return textIn(answer.body, 'ticket')
    },
  }
}

function textIn(body: string, field: string): string {
  try {
    const value = (JSON.parse(body) as Record<string, unknown>)[field]
    return typeof value === 'string' ? value : ''
  } catch {
    return ''
  }
}

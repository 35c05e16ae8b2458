import { ada, cast, rooms } from './cast.ts'
import type { Stage } from './rehearsal.ts'

const login = (id: string, label: string, more: object) => ({
  ...{
    id,
    label,
    createdAt: Date.now() - 3_600_000 * 5,
    lastSeenAt: Date.now() - 60_000,
    address: '192.0.2.17',
    credential: 'cookie',
    current: false,
  },
  ...{ connections: [{ id: `c-${id}`, node: 'b2', since: Date.now() - 3_000_000, lastFrameAt: Date.now() - 4_000 }] },
  ...more,
})

let logins = [
  login('l1', 'Firefox on Linux', { current: true }),
  login('l2', 'Safari on iPhone', { createdAt: Date.now() - 86_400_000 * 6, connections: [] }),
  login('l3', 'deploy-bot', { credential: 'token', address: '2001:db8::7' }),
]

const routes: [RegExp, (method: string, path: string) => object | number][] = [
  [/^session$|^login$/, () => ({ account: ada, login: { id: 'l1', createdAt: Date.now() - 3_600_000 }, csrf: 'x' })],
  [
    /^rooms$/,
    () =>
      rooms
        .map((room) => ({ ...room, joined: true }))
        .concat({ ...rooms[1]!, id: 'lobby', name: 'lobby', topic: 'Come in', joined: false, members: 41 } as never),
  ],
  [
    /^rooms\/.*\/members/,
    (_, path) =>
      cast
        .filter(({ id }) => (path.includes('dm-bob') ? ['ada', 'bob'].includes(id) : true))
        .map((account) => ({ account, role: account.id === 'ada' ? 'owner' : account.id === 'bob' ? 'moderator' : 'member' })),
  ],
  [/^accounts/, () => cast],
  [/^logins$/, (method) => (method === 'DELETE' ? end(() => true) : logins)],
  [/^logins\//, (_, path) => end(({ id }) => path.endsWith(id))],
  [/^logout$/, () => ({ logins: 1, connections: 1, unconfirmed: 0 })],
]

function end(which: (login: { id: string }) => boolean) {
  const gone = logins.filter((one) => !one.current && which(one))
  logins = logins.filter((one) => !gone.includes(one))
  return { logins: gone.length, connections: gone.length, unconfirmed: 0 }
}

/** Answers the page's calls in place of the server. */
export function answerFetches(_stage: Stage): void {
  const real = window.fetch
  window.fetch = async (input, init) => {
    const path = String(input)
    if (!path.startsWith('/api/v1/')) return real(input, init)
    const asked = path.slice('/api/v1/'.length)
    const found = routes.find(([pattern]) => pattern.test(asked))
    const answer = found?.[1](init?.method ?? 'GET', asked) ?? { code: 'not_found', detail: 'There is nothing here.' }
    return new Response(JSON.stringify(answer), { status: found === undefined ? 404 : 200 })
  }
}

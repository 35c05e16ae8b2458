import type { Act, Entry, Outcome } from '../../src/store/append.ts'
import type { Store } from '../../src/store/store.ts'

/** Somebody does something in a room, as the messages of a house would ask it of the store. */
export const says = (store: Store, by: string, what: Act, room = 'tea'): Promise<Outcome> => {
  const allowed = { own: ['owner', 'moderator', 'member'], any: ['owner'] } as const
  const login = by === 'parley' ? {} : { login: `login-${by}` }
  return store.append.append({ room, by, ...login, at: 1000, allowed, do: what } satisfies Entry)
}
/** A message with its text for a key. */
export const post = (text: string): Act => ({ act: 'post', key: text.replaceAll(' ', '-').padEnd(16, '-'), text, names: [] })
/** A room with ada and bob in it. */
export const found = (name: string, kind: 'public' | 'private' = 'private'): Act => ({
  act: 'create',
  name,
  kind,
  topic: '',
  members: ['ada', 'bob'].map((account) => ({ account, role: 'member' })),
})

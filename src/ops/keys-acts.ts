import * as v from 'valibot'
import type { Retired, Rotated } from '../identity/keys.ts'
import type { SecretEntry } from '../identity/secrets.ts'
import { act, name, nothing } from './act.ts'

const kind = v.picklist(['token', 'cookie'], 'must be token or cookie')

/** The keys themselves are never told: only that they are there. */
export const keysList = act({
  input: nothing,
  event: 'key_listed',
  onlyReads: true,
  run: async ({ house }): Promise<SecretEntry[]> => house.keys.list(),
})

/** Of one kind, or of both. Signs nobody out. */
export const keysRotate = act({
  input: v.object({ kind: v.optional(kind) }),
  event: 'key_rotated',
  async run({ house }, given): Promise<Rotated[]> {
    const rotated: Rotated[] = []
    for (const one of given.kind === undefined ? (['token', 'cookie'] as const) : [given.kind]) {
      const done = await house.keys.rotate(one)
      if (done) rotated.push(done)
    }
    return rotated
  },
  about: (_, rotated) => ({ rotated }),
})

/** For a key that somebody else may have: what it signed is refused when this returns. */
export const keysRetire = act({
  input: v.object({ id: name }),
  event: 'key_retired',
  run: ({ house }, { id }): Promise<Retired> => house.keys.retire(id),
  about: (_, retired) => retired,
})

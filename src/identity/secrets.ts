import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { SecretRow, Tables } from '../store/schema.ts'
import { randomId } from './ids.ts'
import { createSeal, type Seal, WrongMasterKey } from './master-key.ts'

export { openMasterKey, WrongMasterKey } from './master-key.ts'

export type SecretKind = SecretRow['kind']
export type SecretState = SecretRow['state']

/** A key of the ring that signs session tokens and tickets. */
export interface TokenKey {
  kid: string
  state: SecretState
  createdAt: number
  private: KeyObject
  public: KeyObject
}

export interface SecretEntry {
  id: string
  kind: SecretKind
  state: SecretState
  createdAt: number
  /** When it came into that state. */
  since: number
}

/** The secrets that live in the store, sealed with the master key, as this node has last read them. How they change is in `keys.ts`. */
export interface Secrets {
  /** By kid; the active one signs, all verify. */
  tokenKeys(): ReadonlyMap<string, TokenKey>
  /** The one that signs first; express-session and the upgrade share this very array, which is changed in place. */
  readonly cookieSecrets: string[]
  /** The id of each of `cookieSecrets`, in the same order. */
  cookieKids(): readonly string[]
  /** Whether a key of either kind is still good for anything. */
  knows(id: string): boolean
  list(): SecretEntry[]
  /** A new one, sealed, to be put into the store. */
  make(kind: SecretKind, state: SecretState): SecretRow
  /** Reads them again: they have changed here, or on another node. */
  reload(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  now: () => number
  masterKey: KeyObject
}

/** Held until the transaction ends, by whoever changes the keys: of two nodes the second one sees what the first has done. */
export async function holdSecrets(tx: Transaction<Tables>): Promise<void> {
  await tx.selectFrom('meta').select('value').where('name', '=', 'secrets').forUpdate().execute()
}

export const kinds = ['token', 'cookie'] as const
const order: readonly SecretState[] = ['active', 'next', 'retiring']
const purpose = (kind: SecretKind, id: string) => `parley/secret/${kind}/${id}`

/**
 * Opens the secrets of a store; the first start makes them.
 * @throws WrongMasterKey when the master key does not open them.
 */
export async function openSecrets({ db, now, masterKey }: Deps): Promise<Secrets> {
  const seal = createSeal(masterKey)
  let rows: SecretRow[] = []
  let tokenKeys = new Map<string, TokenKey>()
  let cookieKids: string[] = []
  let reading: Promise<unknown> = Promise.resolve()
  const cookieSecrets: string[] = []
  const make = (kind: SecretKind, state: SecretState) => fresh(seal, kind, state, now())

  await db.transaction().execute(async (tx) => {
    // The row is the lock: of two nodes that start on an empty store one makes the secrets, and the other waits and finds them.
    await tx
      .insertInto('meta')
      .values({ name: 'secrets', value: 'made' })
      .onConflict((clash) => clash.doNothing())
      .execute()
    for (const kind of kinds) {
      const there = await tx.selectFrom('secret').select('id').where('kind', '=', kind).limit(1).executeTakeFirst()
      if (there !== undefined) continue
      await tx
        .insertInto('secret')
        .values([make(kind, 'active'), make(kind, 'next')])
        .execute()
    }
  })
  await reload()

  /** One after the other: an older reading must not overtake a newer one. */
  function reload(): Promise<void> {
    const mine = reading.then(read)
    reading = mine.catch(() => undefined)
    return mine
  }

  async function read(): Promise<void> {
    const found = await db.selectFrom('secret').selectAll().orderBy('created_at', 'desc').execute()
    found.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || b.since - a.since)
    const open = (row: SecretRow) => seal.open(purpose(row.kind, row.id), row.sealed)
    const keyOf = (row: SecretRow) => {
      const known = tokenKeys.get(row.id)
      return known ? { ...known, state: row.state } : toTokenKey(row, open(row))
    }
    const secretOf = (row: SecretRow) => cookieSecrets[cookieKids.indexOf(row.id)] ?? open(row).toString('base64url')
    const keys = new Map(found.filter(({ kind }) => kind === 'token').map((row) => [row.id, keyOf(row)]))
    const cookies = found.filter(({ kind }) => kind === 'cookie')
    const secrets = cookies.map(secretOf)
    // From here on nothing fails and nothing waits: all of it changes in one turn, or none.
    rows = found
    tokenKeys = keys
    cookieKids = cookies.map(({ id }) => id)
    cookieSecrets.splice(0, cookieSecrets.length, ...secrets)
  }

  return {
    tokenKeys: () => tokenKeys,
    cookieSecrets,
    cookieKids: () => cookieKids,
    knows: (id) => rows.some((row) => row.id === id),
    list: () => rows.map(({ id, kind, state, created_at, since }) => ({ id, kind, state, createdAt: created_at, since })),
    make,
    reload,
  }
}

/** Whether this master key is the one that sealed them. */
export function opensWith(masterKey: KeyObject, secrets: readonly Pick<SecretRow, 'kind' | 'id' | 'sealed'>[]): boolean {
  const seal = createSeal(masterKey)
  try {
    for (const { kind, id, sealed } of secrets) seal.open(purpose(kind, id), sealed)
    return true
  } catch (error) {
    if (error instanceof WrongMasterKey) return false
    throw error
  }
}

function fresh(seal: Seal, kind: SecretKind, state: SecretState, at: number): SecretRow {
  const id = randomId()
  const plain =
    kind === 'token'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' })
      : randomBytes(32)
  return { id, kind, state, sealed: seal.seal(purpose(kind, id), plain), created_at: at, since: at, signed_until: 0 }
}

function toTokenKey(row: SecretRow, plain: Buffer): TokenKey {
  const key = createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  return { kid: row.id, state: row.state, createdAt: row.created_at, private: key, public: createPublicKey(key) }
}

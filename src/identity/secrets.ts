import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { SecretRow, Tables } from '../store/schema.ts'
import { randomId } from './ids.ts'
import { createSeal, type Seal } from './master-key.ts'

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
}

/** The secrets that live in the store, sealed with the master key. */
export interface Secrets {
  /** By kid; the active one signs, all verify. */
  tokenKeys(): ReadonlyMap<string, TokenKey>
  /** The one that signs first; express-session and the upgrade share this very array, which is changed in place. */
  readonly cookieSecrets: string[]
  list(): SecretEntry[]
  /**
   * next → active → retiring → gone. What the retiring one signed holds until the rotation after; with `drop` it is refused from now on.
   * The next one is published long before it signs, so that no node meets a key it has never seen.
   */
  rotate(kind: SecretKind, how?: { drop?: boolean }): Promise<void>
  /** Reads them again, as another node may have rotated. */
  reload(): Promise<void>
}

interface Deps {
  db: Kysely<Tables>
  now: () => number
  masterKey: KeyObject
}

const kinds = ['token', 'cookie'] as const
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
  const cookieSecrets: string[] = []

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
        .values([fresh(seal, kind, 'active', now()), fresh(seal, kind, 'next', now())])
        .execute()
    }
  })
  await reload()

  async function reload(): Promise<void> {
    rows = await db.selectFrom('secret').selectAll().orderBy('created_at', 'desc').execute()
    rows.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))
    const opened = rows.map((row) => ({ row, plain: seal.open(purpose(row.kind, row.id), row.sealed) }))
    tokenKeys = new Map(opened.filter(({ row }) => row.kind === 'token').map(({ row, plain }) => [row.id, toTokenKey(row, plain)]))
    const cookies = opened.filter(({ row }) => row.kind === 'cookie').map(({ plain }) => plain.toString('base64url'))
    cookieSecrets.splice(0, cookieSecrets.length, ...cookies)
  }

  async function rotate(kind: SecretKind, { drop = false } = {}): Promise<void> {
    await db.transaction().execute((tx) => turn(tx, kind, drop, fresh(seal, kind, 'next', now())))
    await reload()
  }

  return {
    tokenKeys: () => tokenKeys,
    cookieSecrets,
    list: () => rows.map(({ id, kind, state, created_at }) => ({ id, kind, state, createdAt: created_at })),
    rotate,
    reload,
  }
}

async function turn(tx: Transaction<Tables>, kind: SecretKind, drop: boolean, next: SecretRow): Promise<void> {
  const move = (from: SecretState, to: SecretState) =>
    tx.updateTable('secret').set({ state: to }).where('kind', '=', kind).where('state', '=', from).execute()
  const forget = () => tx.deleteFrom('secret').where('kind', '=', kind).where('state', '=', 'retiring').execute()
  await forget()
  await move('active', 'retiring')
  await move('next', 'active')
  await tx.insertInto('secret').values(next).execute()
  if (drop) await forget()
}

function fresh(seal: Seal, kind: SecretKind, state: SecretState, at: number): SecretRow {
  const id = randomId()
  const plain =
    kind === 'token'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' })
      : randomBytes(32)
  return { id, kind, state, sealed: seal.seal(purpose(kind, id), plain), created_at: at }
}

function toTokenKey(row: SecretRow, plain: Buffer): TokenKey {
  const key = createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' })
  return { kid: row.id, state: row.state, createdAt: row.created_at, private: key, public: createPublicKey(key) }
}

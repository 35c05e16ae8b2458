import type { Store } from '../../src/store/store.ts'

/** Accounts with one login each, `login-NAME`, that holds for a long time. */
export async function addPeople({ db }: Store, ...names: string[]): Promise<void> {
  const far = 4e12
  for (const name of names) {
    await db
      .insertInto('account')
      .values({ id: name, name, fold: name, display: name, role: 'member', password: null, created_at: 1, disabled_at: null })
      .execute()
    const times = { created_at: 1, last_seen_at: 1, expires_at: far, idle_ms: 0, ended_at: null, ended_why: null, kid: null }
    await db
      .insertInto('login')
      .values({ id: `login-${name}`, account: name, credential: 'token', label: '', address: '', ...times })
      .execute()
  }
}

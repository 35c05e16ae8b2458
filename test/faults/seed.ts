import { layOut, openPremises, type Pair, tokenOf } from '../support/premises.ts'

export interface People {
  /** Of ada, bob, cyd and dan, who meet; eve, the last, is not asked in. */
  tokens: string[]
  /** Of logins of bob's, one for each ending. */
  doomed: string[]
}

interface Asked {
  folder: string
  env: Record<string, string>
  pair: Pair
  doomed: number
}

const names = ['ada', 'bob', 'cyd', 'dan', 'eve']

/** A folder in which a Parley can be started, with people in its store and their tokens. */
export async function furnish({ folder, env, pair, doomed }: Asked): Promise<People> {
  layOut(folder, pair)
  const house = await openPremises(folder, env)
  try {
    const accounts: string[] = []
    for (const name of names) accounts.push((await house.accounts.add({ name, role: 'member' })).id)
    const people: People = { tokens: [], doomed: [] }
    for (const account of accounts) people.tokens.push(await tokenOf(house, account, 'check'))
    for (let i = 0; i < doomed; i++) people.doomed.push(await tokenOf(house, accounts[1] as string, 'check'))
    return people
  } finally {
    await house.close()
  }
}

import { openHouse, password } from './house.ts'

/** A house with ada, bob and eve, each signed in, and an admin who stays away: none of the three may do more than the others. */
export async function openHouseOfThree() {
  const house = await openHouse()
  await house.accounts.add({ name: 'root', password, role: 'admin' })
  const [ada, bob, eve] = [await house.guest('ada'), await house.guest('bob'), await house.guest('eve')]
  const idOf = async (name: string) => (await house.accounts.find(name))?.id ?? ''
  return { house, ada, bob, eve, idOf }
}

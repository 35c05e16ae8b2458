import { randomBytes } from 'node:crypto'
import { type HouseOptions, startHouse, type TestHouse } from './house.ts'
import { sharedPostgres } from './postgres.ts'
import { startRedis, type TestRedis } from './redis.ts'

/** Several Parleys over one PostgreSQL and one Redis, in this process. */
export class Cluster {
  readonly houses: TestHouse[] = []
  readonly redis: TestRedis
  /** What all of them are given. */
  readonly settings: Record<string, string>

  constructor(redis: TestRedis, settings: Record<string, string>) {
    this.redis = redis
    this.settings = settings
  }

  /** One more node. */
  async add(options: HouseOptions = {}): Promise<TestHouse> {
    const house = await startHouse({ ...options, store: 'sqlite', settings: { ...this.settings, ...options.settings } })
    this.houses.push(house)
    return house
  }

  /** Something is true of them at last. */
  async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  async close(): Promise<void> {
    for (const house of this.houses) await house.close()
    await this.redis.close()
  }
}

/** @param nodes how many. */
export async function startCluster(nodes: number, given: Record<string, string> = {}, over?: TestRedis): Promise<Cluster> {
  const [redis, postgres] = await Promise.all([over ?? startRedis(), sharedPostgres()])
  const cluster = new Cluster(redis, {
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__BUS__URL: redis.url,
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
    ...given,
  })
  for (let i = 0; i < nodes; i++) await cluster.add()
  return cluster
}

/** Its bus carries what it says. */
export const isUp = ({ service }: TestHouse): boolean => service.house.bus.figures().up

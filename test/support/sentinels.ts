import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import { launchRedis, startRedis, type TestRedis, tell } from './redis.ts'

/** What the sentinels call the master. */
const name = 'tea'
/** Only for quick and steady tests, where Redis is new enough to take it (7.0): what they ask each other more often, and that a slow machine does not stop them. */
const brisk = ['info-period', '200', 'publish-period', '200', 'ask-period', '200', 'tilt-trigger', '60000']

interface Sentinel {
  port: number
  process: ChildProcess
}

/** Two real Redis, of which one follows the other, and three real sentinels, of which two must agree. */
export class TestSentinels {
  readonly redis: TestRedis[]
  readonly sentinels: Sentinel[]
  readonly #folder: string

  constructor(redis: TestRedis[], sentinels: Sentinel[], folder: string) {
    this.redis = redis
    this.sentinels = sentinels
    this.#folder = folder
  }

  /** @param over the one that is the master at first. */
  static async start(over?: TestRedis): Promise<TestSentinels> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-sentinels-'))
    const [first, second] = await Promise.all([over ?? startRedis(), startRedis()])
    await second.tell('REPLICAOF', '127.0.0.1', `${first.port}`)
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(folder, first.port)))
    const all = new TestSentinels([first, second], sentinels, folder)
    while (!(await all.#knowAll())) await new Promise((resolve) => setTimeout(resolve, 20))
    return all
  }

  /** Settings of a node that asks them. */
  get settings(): Record<string, string> {
    return {
      PARLEY__BUS__URL: `redis://${name}`,
      PARLEY__BUS__SENTINELS: this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(),
    }
  }

  /** Ports of the master as those sentinels name it that live. */
  async named(): Promise<number[]> {
    const living = this.sentinels.filter((one) => one.process.exitCode === null && one.process.signalCode === null)
    const answers = await Promise.all(living.map(({ port }) => tell(port, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)))
    return answers.map((answer) => Number((answer as string[])[1]))
  }

  /**
   * The one that takes writes, as all of them say.
   * @param lost is not it any more.
   */
  async master(lost?: TestRedis): Promise<TestRedis> {
    for (;;) {
      const [port, ...others] = new Set(await this.named())
      const master = this.redis.find((one) => one.port === port)
      if (master && master !== lost && others.length === 0) return master
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  async kill(sentinel: Sentinel): Promise<void> {
    if (sentinel.process.exitCode !== null || sentinel.process.signalCode !== null) return
    const gone = once(sentinel.process, 'exit')
    sentinel.process.kill('SIGKILL')
    await gone
  }

  /** @param but is kept. */
  async close(but?: TestRedis): Promise<void> {
    await Promise.all(this.sentinels.map((one) => this.kill(one)))
    await Promise.all(this.redis.filter((one) => one !== but).map((one) => one.close()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Each knows the replica and the two others: before that none can take over. */
  async #knowAll(): Promise<boolean> {
    const told = await Promise.all(this.sentinels.map(({ port }) => tell(port, 'SENTINEL', 'MASTER', name)))
    return told.every((words) => {
      const is = (what: string) => (words as string[])[(words as string[]).indexOf(what) + 1]
      return is('num-slaves') === '1' && is('num-other-sentinels') === '2'
    })
  }
}

async function startSentinel(folder: string, watched: number): Promise<Sentinel> {
  for (let tries = 0; ; tries++) {
    const port = await freePort()
    const file = join(folder, `${port}.conf`)
    const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, `sentinel monitor ${name} 127.0.0.1 ${watched} 2`]
    const times = [`sentinel down-after-milliseconds ${name} 300`, `sentinel failover-timeout ${name} 2000`]
    writeFileSync(file, [...lines, ...times, ''].join('\n'))
    try {
      const sentinel = { port, process: await launchRedis([file, '--sentinel'], '+monitor') }
      await tell(port, 'SENTINEL', 'DEBUG', ...brisk).catch(() => undefined)
      return sentinel
    } catch (error) {
      if (tries > 5) throw error // somebody else may have taken the port meanwhile
    }
  }
}

import { join } from 'node:path'
import type { Config } from '../../config.ts'
import type { ActName, ActResult } from '../acts.ts'
import { connectAdmin } from '../admin-client.ts'

/** Has the running server do something that needs no more than its name; undefined when none runs, and then nothing is opened instead. */
export async function askServer<N extends ActName>({ data }: Config, act: N): Promise<ActResult<N> | undefined> {
  const client = await connectAdmin(join(data.dir, 'parley.sock'))
  if (client === undefined) return undefined
  try {
    return (await client.ask(act, {})) as ActResult<N>
  } finally {
    client.close()
  }
}

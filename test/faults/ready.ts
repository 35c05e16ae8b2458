import { setTimeout as passed } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { ask } from '../../src/outside/ask.ts'
import type { Deployment } from './deployment.ts'

/** ms between two looks, and for an answer. */
const [look, patience] = [50, 3000]

/** Resolves when every node says of itself that it can take people in. */
export async function allReady({ nodes, ca }: Pick<Deployment, 'nodes' | 'ca'>): Promise<void> {
  const secureContext = createSecureContext({ ca: ca.split(/(?<=-----END CERTIFICATE-----)\n/).filter((one) => one.trim()) })
  const isReady = (port: number): Promise<boolean> =>
    ask({ host: '127.0.0.1', port, servername: 'localhost', secureContext }, { path: '/readyz', within: patience }).then(
      ({ status }) => status === 200,
      () => false,
    )
  for (const { port } of nodes) while (!(await isReady(port))) await passed(look)
}

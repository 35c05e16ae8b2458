import { startCluster } from './cluster.ts'
import type { Deployment } from './deployment.ts'
import { startSingle } from './single.ts'

/** What can be harmed, in words. */
export const deployments: Readonly<Record<Deployment['kind'], string>> = {
  sqlite: 'one node over SQLite',
  cluster: 'three nodes over one PostgreSQL and one Redis',
}

/** @param doomed logins that may be ended */
export const startDeployment = (kind: Deployment['kind'], doomed: number): Promise<Deployment> =>
  kind === 'cluster' ? startCluster({ doomed }) : startSingle({ doomed })

import type { House } from '../house.ts'

/** An open socket of a login; times are ms since 1970. */
export interface OpenConnection {
  id: string
  node: string
  since: number
  lastFrameAt: number
}

/** A server that listens: what `startServer` of app.ts gives back, and what some administrative acts ask for. */
export interface Running {
  /** `https://HOST[:PORT]`. */
  readonly url: string
  readonly port: number
  /** This process among others, as it is named in `welcome`. */
  readonly node?: string
  readonly house: House
  connections(): number
  connectionsOf?(logins: string[]): Promise<Map<string, OpenConnection[]>> | Map<string, OpenConnection[]>
  ready(): { ok: boolean; reasons: string[] }
  /** Whole or not at all. @throws ConfigFaults */
  reload(): Promise<{ changed: string[]; needRestart: string[] }>
  /** Lets nobody in any more and sends everyone elsewhere; listeners and store stay open until `close`. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** What the acts need of it. */
export type Served = Pick<Running, 'url' | 'node' | 'connections' | 'connectionsOf' | 'ready' | 'reload' | 'drain'>

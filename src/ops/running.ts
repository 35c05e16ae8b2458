import type { House } from '../house.ts'
import type { Certificates, Look } from '../tls/certificates.ts'

/** An open socket of a login; times are ms since 1970. */
export interface OpenConnection {
  id: string
  node: string
  since: number
  lastFrameAt: number
}

/** The certificate that new connections are shown; tls/certificates.ts. */
export type HeldCertificates = Pick<Certificates, 'facts' | 'refusal' | 'look'>

/** What reading configuration and certificates again has done. */
export interface Reloaded {
  /** Settings that were written differently the last time. */
  changed: string[]
  /** Settings that hold only after a restart, because this process began with others. */
  needRestart: string[]
  /** What became of the folder of certificates. */
  certificate?: Look
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
  /** Undefined when a proxy speaks TLS. */
  readonly certificates?: HeldCertificates | undefined
  /** Whole or not at all. @throws ConfigFaults */
  reload(): Promise<Reloaded>
  /** Lets nobody in any more and sends everyone elsewhere; listeners and store stay open until `close`. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** What the acts need of it. */
export type Served = Pick<Running, 'url' | 'node' | 'connections' | 'connectionsOf' | 'ready' | 'reload' | 'drain' | 'certificates'>

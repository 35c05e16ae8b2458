export type Level = 'ok' | 'warning' | 'error'

/** What a check found. The ids are stable: scripts and the documentation name them. */
export interface Finding {
  id: FindingId
  level: Level
  /** One sentence. */
  cause: string
  /** What to do, to be copied: a command, or lines of a configuration. */
  fix?: string
}

/** Something that was not looked at, and why. */
export interface Skipped {
  id: FindingId
  cause: string
}

export type FindingId =
  | ('D-CONFIG' | 'D-PERMS' | 'D-NODE' | 'D-ULIMIT' | 'D-DISK' | 'D-CLOCK' | 'D-STORE-DURABLE' | 'D-STORE-LOCK' | 'D-SECRETS')
  | ('D-STORE-REACH' | 'D-STORE-CONNECTIONS' | 'D-STORE-STEPS' | 'D-BUS' | 'D-NODES')
  | ('D-CERT-PAIR' | 'D-CERT-NAME' | 'D-CERT-SOON' | 'D-CERT-TRUST' | 'D-PORT' | 'D-DNS' | 'D-HOST' | 'D-ALPN')
  | ('D-WS-UPGRADE' | 'D-WS-ORIGIN-OWN' | 'D-WS-ORIGIN-FOREIGN' | 'D-WS-IDLE' | 'D-COOKIE' | 'D-HEADERS' | 'D-PROXY-TRUST' | 'D-BODY')

const make =
  (level: Level) =>
  (id: FindingId, cause: string, fix?: string): Finding => ({ id, level, cause, ...(fix !== undefined && { fix }) })

export const good = make('ok')
export const warning = make('warning')
export const fault = make('error')

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : error instanceof Error ? error.message : String(error)

import { isIP } from 'node:net'

/** What the outside may call this server, known once it listens. */
export interface Address {
  /** `https://HOST[:PORT]`, no slash behind it. */
  publicUrl: string
  /** Pages that may open the socket, as a browser writes them in `Origin`. */
  origins: ReadonlySet<string>
}

export const isLoopback = (host: string): boolean => {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || bare === '0:0:0:0:0:0:0:1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}

export const isEveryAddress = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** Hosts that people type, which a certificate has to be for: while nobody has said, `localhost`, and the one address that is listened on. */
export function typedHosts({ host, publicUrl }: { host: string; publicUrl: string | undefined }): string[] {
  if (publicUrl !== undefined) return [new URL(publicUrl).hostname]
  return isLoopback(host) || isEveryAddress(host) ? ['localhost'] : ['localhost', host]
}

/** @param port the one that was really taken, which matters when 0 was asked for. */
export function addressOf(
  { server }: { server: { publicUrl: string | undefined; origins: readonly string[] | undefined } },
  port: number,
): Address {
  const publicUrl = server.publicUrl ?? (port === 443 ? 'https://localhost' : `https://localhost:${port}`)
  return { publicUrl, origins: new Set(server.origins ?? [publicUrl]) }
}

import type { IncomingHttpHeaders } from 'node:http'

/** Origins that pages of ours have: the public address, and those that the operator named. */
export const isOwnOrigin = (origin: string, { publicUrl, origins }: { publicUrl: string; origins: readonly string[] }): boolean =>
  origin === publicUrl || origins.includes(origin)

/** The host of an origin or a Host header in one spelling, with its port unless that is 443. */
const plain = (host: string): string =>
  host
    .toLowerCase()
    .replace(/:443$/, '')
    .replace(/\.(?=$|:)/, '')

const loopbackName = /^(?:localhost|[a-z0-9-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/

/** Whether a Host header, or the host of an address, names this very machine. */
export const isLoopbackHost = (host: string): boolean => loopbackName.test(host.toLowerCase())

/**
 * Hosts that this server answers to: those of its own addresses, and any loopback name while it is bound to loopback.
 * Everything else is somebody who points a name of theirs at us (DNS rebinding).
 */
export function allowsHost(
  host: string | undefined,
  { publicUrl, origins, loopback }: { publicUrl: string; origins: readonly string[]; loopback: boolean },
): boolean {
  if (host === undefined) return false
  if (loopback && isLoopbackHost(host)) return true
  return [publicUrl, ...origins].some((origin) => URL.canParse(origin) && plain(new URL(origin).host) === plain(host))
}

/**
 * Whether the proxy in front, or one before it, was reached without TLS. Believed from anybody: it can only close a door. Without
 * the header the public address decides, and that is https.
 */
export const cameInTheClear = ({ 'x-forwarded-proto': proto }: IncomingHttpHeaders): boolean =>
  String(proto ?? '')
    .split(',')
    .some((scheme) => /^(http|ws)$/i.test(scheme.trim()))

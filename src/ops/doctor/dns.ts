import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopback } from '../../config.ts'
import { good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** Whether the public name leads here, as far as this machine knows by itself: nobody else is asked. */
export const dnsCheck: Check = {
  ids: ['D-DNS'],
  at: 'home',
  look({ url }) {
    const host = bare(url.hostname)
    if (isLoopback(host)) return [good('D-DNS', `${host} is this machine.`)]
    const known = isIP(host) > 0 ? [host] : inHostsFile(host)
    if (known.length === 0)
      return [good('D-DNS', `Whether ${host} leads here cannot be seen without asking others; it is looked at as if it did.`)]
    if (known.some(isOurs)) return [good('D-DNS', `${host} is an address of this machine.`)]
    return [
      warning(
        'D-DNS',
        `${host} is ${known.join(', ')}, which is no address of this machine.`,
        `# /etc/hosts, or the records of ${host}; behind a router this can be right`,
      ),
    ]
  },
}

/** Where to knock so that nothing leaves this machine. */
export function addressHere(url: URL, listening: string): string {
  const host = bare(url.hostname)
  if (isIP(host) > 0 && isOurs(host)) return host
  const hosts = isIP(host) > 0 ? [] : inHostsFile(host).filter(isOurs)
  // `localhost` is both; what listens on one of them decides.
  if (!isLoopback(host) && hosts[0] !== undefined) return hosts[0]
  const here = bare(listening)
  if (here === '::' || here === '::1') return '::1'
  return isIP(here) > 0 && here !== '0.0.0.0' ? here : '127.0.0.1'
}

const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1')
const isOurs = (address: string): boolean =>
  isLoopback(address) ||
  Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === address)

function inHostsFile(name: string): string[] {
  try {
    const lines = readFileSync('/etc/hosts', 'utf8').split('\n')
    const fields = lines.map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    return fields.flatMap(([address = '', ...names]) => (isIP(address) > 0 && names.includes(name) ? [address] : []))
  } catch {
    return []
  }
}

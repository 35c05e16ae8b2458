import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/**
 * What the first bytes of a connection say in the PROXY protocol, version 1 or 2 (haproxy.org, proxy-protocol.txt).
 * `more`: good so far, not whole. `source` is missing when the proxy speaks for itself, as in its health checks.
 */
export type ProxyHeader = 'more' | 'wrong' | { length: number; source?: string }

/** Bytes. The longest line of version 1 is given by the protocol; that of version 2 leaves room for a certificate's name and the like. */
const longestLine = 107
export const longestHeader = 2048

const lineStart = Buffer.from('PROXY ')
const blockStart = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a])
const blockHead = 16

/** Never throws, and looks at no more than `longestHeader` bytes. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, lineStart)) return bytes.length < lineStart.length ? 'more' : readLine(bytes)
  if (begins(bytes, blockStart)) return bytes.length < blockHead ? 'more' : readBlock(bytes)
  return 'wrong'
}

const begins = (bytes: Buffer, start: Buffer): boolean => {
  const common = Math.min(bytes.length, start.length)
  return bytes.compare(start, 0, common, 0, common) === 0
}

/** Version 1: `PROXY TCP4 192.0.2.7 198.51.100.1 56324 443`, ended by CR LF. */
function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestLine).indexOf('\r\n')
  if (end < 0) return bytes.length < longestLine ? 'more' : 'wrong'
  const line = bytes.toString('latin1', 0, end)
  const length = end + 2
  if (/^PROXY UNKNOWN( |$)/.test(line)) return { length }
  const [, family, source = '', target = '', ...ports] = /^PROXY TCP([46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line) ?? []
  const isAddress = family === '4' ? isIPv4 : isPlainIPv6
  const good = family !== undefined && isAddress(source) && isAddress(target) && ports.every(isPort)
  return good ? { length, source: spelled(source) } : 'wrong'
}

/** Version 2: a block of bytes. What follows the addresses (TLVs) is passed over. */
function readBlock(bytes: Buffer): ProxyHeader {
  const [command, family, given] = [bytes.readUInt8(12), bytes.readUInt8(13), bytes.readUInt16BE(14)]
  const length = blockHead + given
  const isLocal = command === 0x20
  if ((!isLocal && command !== 0x21) || length > longestHeader) return 'wrong'
  const unspoken = family === 0x00 || family === 0x31 // unknown, or a Unix socket: the proxy's own address is as good as any
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0
  if (!isLocal && ((size === 0 && !unspoken) || given < 2 * size + (size && 4))) return 'wrong'
  if (bytes.length < length) return 'more'
  if (isLocal || size === 0) return { length }
  return { length, source: size === 4 ? bytes.subarray(16, 20).join('.') : spelled(hextets(bytes.subarray(16, 32))) }
}

const isPlainIPv6 = (address: string): boolean => isIPv6(address) && !address.includes('%')
const isPort = (digits: string): boolean => Number(digits) <= 65_535 && (digits === '0' || !digits.startsWith('0'))

const hextets = (bytes: Buffer): string => Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')

/** As the kernel would spell it, or limits by address would count two spellings apart. */
const spelled = (address: string): string => (isIPv4(address) ? address : new SocketAddress({ address, family: 'ipv6' }).address)

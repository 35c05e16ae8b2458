import { isIPv4 } from 'node:net'

/** Tags of DER: a SEQUENCE, the permitted subtrees, and two kinds of GeneralName. */
const [sequence, permitted, dnsName, ipAddress] = [0x30, 0xa0, 0x82, 0x87]

/**
 * The value of the extension that says for what a CA may speak (RFC 5280 §4.2.1.10); the library for the rest of the
 * certificate does not know it. A DNS name stands for itself and all below it, an address for itself alone.
 */
export function nameConstraints({ names, addresses }: { names: string[]; addresses: string[] }): Buffer<ArrayBuffer> {
  const bases = [
    ...names.map((name) => der(dnsName, Buffer.from(name, 'latin1'))),
    ...addresses.map(octets).map((address) => der(ipAddress, address, Buffer.alloc(address.length, 0xff))),
  ]
  return der(sequence, der(permitted, ...bases.map((base) => der(sequence, base))))
}

function der(tag: number, ...contents: Buffer[]): Buffer<ArrayBuffer> {
  const content = Buffer.concat(contents)
  const { length } = content
  if (length > 0xffff) throw new RangeError('too many names')
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function octets(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [before = '', after = ''] = address.split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':')).map((word) => word.padStart(4, '0')).join('')
  return Buffer.from(words(before).padEnd(32 - words(after).length, '0') + words(after), 'hex')
}

const start = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')

/** A header of the PROXY protocol, version 2, with whatever it claims. */
export function block(command: number, family: number, rest: number[]): Buffer {
  const head = Buffer.from([command, family, rest.length >> 8, rest.length & 0xff])
  return Buffer.concat([start, head, Buffer.from(rest)])
}

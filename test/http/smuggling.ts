/** A request that ends in two places, depending on who reads it, followed by one that nobody sent. */
export interface Smuggled {
  name: string
  bytes: string
}

/** What the second request gets if anybody takes it for one. */
export const loot = '{"ok":true}'

/** RFC 9112 §6.3 and §11.2, and what parsers were caught with: two lengths, half a length, lines that do not end, bytes that end a text. */
export function smuggled(host: string): Smuggled[] {
  const second = `GET /livez HTTP/1.1\r\nHost: ${host}\r\n\r\n`
  const post = (headers: string, body = `0\r\n\r\n${second}`) => `POST /api/v1/login HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n${body}`
  const get = (headers: string) => `GET /login HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n${second}`
  const lengths: [string, string][] = [
    ['two that differ', 'Content-Length: 5\r\nContent-Length: 6'],
    ['two that agree', 'Content-Length: 5\r\nContent-Length: 5'],
    ['a list', 'Content-Length: 5, 5'],
    ['a sign', 'Content-Length: +5'],
    ['less than nothing', 'Content-Length: -1'],
    ['hexadecimal', 'Content-Length: 0x5'],
    ['a fraction', 'Content-Length: 5.0'],
    ['a blank inside', 'Content-Length: 5 5'],
    ['nothing', 'Content-Length:'],
    ['too large a number', 'Content-Length: 18446744073709551621'],
    ['a blank before the colon', 'Content-Length : 5'],
    ['and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked'],
    ['after chunks', 'Transfer-Encoding: chunked\r\nContent-Length: 5'],
    ['and chunks in capitals', 'Content-Length: 5\r\nTRANSFER-ENCODING: CHUNKED'],
  ]
  const encodings: [string, string][] = [
    ['a blank before the colon', 'Transfer-Encoding : chunked'],
    ['on a folded line', 'Transfer-Encoding:\r\n chunked'],
    ['a vertical tab before it', 'Transfer-Encoding: \x0bchunked'],
    ['another name', 'Transfer-Encoding: xchunked'],
    ['chunks that are not last', 'Transfer-Encoding: chunked, identity'],
    ['a zero byte', 'Transfer-Encoding: chunked\0'],
    ['a value in quotes', 'Transfer-Encoding: "chunked"'],
    ['behind a bare carriage return', 'X: y\rTransfer-Encoding: chunked'],
  ]
  const lines: [string, string][] = [
    ['a folded line', get('X: a\r\n b')],
    ['a folded first line', `GET /login HTTP/1.1\r\n Host: ${host}\r\n\r\n${second}`],
    ['bare line feeds', `GET /login HTTP/1.1\nHost: ${host}\n\n${second}`],
    ['a bare line feed between headers', get('X: a\nY: b')],
    ['a bare carriage return in a value', get('X: a\rb')],
    ['a zero byte in a value', get('X: a\0b')],
    ['a zero byte in a name', get('X\0Y: a')],
    ['a name of nothing', get(': a')],
    ['a line without a colon', get('X')],
    ['a blank in a name', get('X Y: a')],
    ['no Host', `GET /login HTTP/1.1\r\n\r\n${second}`],
    ['a blank before the colon of Host', `GET /login HTTP/1.1\r\nHost : ${host}\r\n\r\n${second}`],
    ['a method with a blank before it', ` GET /login HTTP/1.1\r\nHost: ${host}\r\n\r\n${second}`],
    ['an unknown method', `GETS /login HTTP/1.1\r\nHost: ${host}\r\n\r\n${second}`],
    ['no version', `GET /login\r\nHost: ${host}\r\n\r\n${second}`],
    ['another version', `GET /login HTTP/3.7\r\nHost: ${host}\r\n\r\n${second}`],
    ['another protocol', `GET /login HTTQ/1.1\r\nHost: ${host}\r\n\r\n${second}`],
    ['the beginning of HTTP/2', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${second}`],
  ]
  const chunks: [string, string][] = [
    ['a size that is no number', `x\r\n\r\n0\r\n\r\n${second}`],
    ['a size with a sign', `-1\r\n\r\n0\r\n\r\n${second}`],
    ['a size with 0x', `0x1\r\na\r\n0\r\n\r\n${second}`],
    ['a size that wraps around', `10000000000000001\r\na\r\n0\r\n\r\n${second}`],
    ['a line feed alone after the size', `1\na\r\n0\r\n\r\n${second}`],
    ['a line feed alone after the data', `1\r\na\n0\r\n\r\n${second}`],
    ['more data than the size says', `1\r\nab\r\n0\r\n\r\n${second}`],
    ['a line feed in an extension', `1;a\nb\r\na\r\n0\r\n\r\n${second}`],
  ]
  return [
    ...lengths.map(([name, header]) => ({ name: `a length: ${name}`, bytes: post(header) })),
    ...encodings.map(([name, header]) => ({ name: `an encoding: ${name}`, bytes: post(`Content-Length: 5\r\n${header}`) })),
    ...lines.map(([name, bytes]) => ({ name, bytes })),
    ...chunks.map(([name, body]) => ({ name: `chunks: ${name}`, bytes: post('Transfer-Encoding: chunked', body) })),
  ]
}

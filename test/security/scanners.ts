import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Findings, scan } from './scanner.ts'

/** A server on this machine, and a folder in which a scanner may leave what it writes. */
export interface Prey {
  url: string
  folder: string
}
const portOf = ({ url }: Prey) => new URL(url).port
const entities: Record<string, string> = {
  ...{ '&#xa;': '\n', '&quot;': '"', '&apos;': "'", '&lt;': '<', '&gt;': '>', '&#45;': '-', '&amp;': '&' },
}

/** What each of these scripts of nmap has to say; one that has nothing to say is not in it. */
export async function nmap(prey: Prey, scripts: readonly string[]): Promise<Findings> {
  // With a plus they run whatever nmap takes the port for.
  const forced = scripts.map((name) => `+${name}`).join(',')
  const settings = ['--script-args', 'http.host=localhost,http.useragent=nmap,httpspider.maxpagecount=20']
  const args = ['-Pn', '-n', '-p', portOf(prey), '--script', forced, ...settings, '-oX', 'nmap.xml', 'localhost']
  const { code, text } = await scan('nmap', args, { seconds: 240, cwd: prey.folder })
  if (code !== 0) throw new Error(`nmap ended with ${code}: ${text}`)
  const xml = readFileSync(join(prey.folder, 'nmap.xml'), 'utf8')
  if (!xml.includes('<state state="open"')) throw new Error(`nmap did not find the port open: ${text}`)
  const plain = (words: string) => words.replace(/&[#\w]+;/g, (one) => entities[one] ?? one).trim()
  return new Map([...xml.matchAll(/<script id="([^"]+)" output="([^"]*)"/g)].map(([, id = '', output = '']) => [id, plain(output)]))
}

/** Versions of TLS and suites that are offered, and whatever else sslscan calls by name. */
export async function sslscan(prey: Prey): Promise<{ versions: string[]; ciphers: string[]; faults: string[] }> {
  const args = ['--no-colour', '--xml=sslscan.xml', '--sni-name=localhost', `127.0.0.1:${portOf(prey)}`]
  await scan('sslscan', args, { seconds: 120, cwd: prey.folder })
  const xml = readFileSync(join(prey.folder, 'sslscan.xml'), 'utf8')
  const all = (form: RegExp) => [...xml.matchAll(form)].map(([, one = '']) => one)
  return {
    versions: all(/<protocol type="\w+" version="([^"]+)" enabled="1"/g),
    ciphers: [...new Set(all(/<cipher [^>]*cipher="([^"]+)"/g))],
    faults: all(/(vulnerable="1"|compression supported="1"|renegotiation supported="1" secure="0")/g),
  }
}

/** What testssl says of each thing that it looks at. */
export async function testssl(prey: Prey & { ca: string }): Promise<{ id: string; severity: string; finding: string }[]> {
  // No look-up of names, and (without --phone-out) no question to anybody's certificate authority.
  const quietly = ['--quiet', '--color', '0', '--warnings', 'off', '--nodns', 'none', '--ip', '127.0.0.1', '--sneaky']
  const patience = ['--connect-timeout', '10', '--openssl-timeout', '10', '--add-ca', prey.ca]
  const file = join(prey.folder, 'testssl.json')
  rmSync(file, { force: true }) // it writes over nothing
  const checks = ['-p', '-s', '-f', '-P', '-S', '-h', '-U', '-e', '--jsonfile', file, `${prey.url}/login`]
  await scan('testssl', [...quietly, ...patience, ...checks], { seconds: 400, cwd: prey.folder })
  return JSON.parse(readFileSync(file, 'utf8')) as { id: string; severity: string; finding: string }[]
}

interface Complaint {
  path: string
  parameter: string
  info: string
}

/** What wapiti complains of, with its modules of attack and of headers, at these addresses and what lies `depth` links behind. */
export async function wapiti(prey: Prey, paths: readonly string[], headers: readonly string[] = [], depth = 4): Promise<Findings> {
  const looks = ['csp', 'cookieflags', 'http_headers']
  const attacks = [
    'sql',
    'blindsql',
    'exec',
    'file',
    'xss',
    'permanentxss',
    'crlf',
    'redirect',
    'shellshock',
    'methods',
    'htaccess',
    'csrf',
  ]
  const starts = paths.flatMap((path) => ['-s', `${prey.url}/${path}`])
  // In a folder of its own: it would go on where the last one ended.
  const own = ['--store-session', join(prey.folder, 'wapiti'), '--store-config', join(prey.folder, 'wapiti-config'), '--flush-session']
  const bounds = ['--max-scan-time', '60', '--max-attack-time', '60', '--verify-ssl', '0', '--no-bugreport', '-t', '10', '-l', '2']
  const how = [
    '--scope',
    'folder',
    '-d',
    `${depth}`,
    '-m',
    [...looks, ...attacks].join(','),
    ...own,
    ...bounds,
    ...headers.flatMap((one) => ['-H', one]),
  ]
  const args = ['-u', `${prey.url}/`, ...starts, ...how, '-f', 'json', '-o', 'wapiti.json']
  const { text } = await scan('wapiti', args, { seconds: 900, cwd: prey.folder })
  const [, targets] = /Wapiti found (\d+) URLs and forms/.exec(text) ?? []
  assert.ok(Number(targets) > paths.length, text.slice(0, 2000))
  const report = JSON.parse(readFileSync(join(prey.folder, 'wapiti.json'), 'utf8')) as Record<string, Record<string, Complaint[]>>
  const parts = ['vulnerabilities', 'anomalies', 'additionals'].flatMap((part) => Object.entries(report[part] ?? {}))
  return new Map(parts.flatMap(([kind, all]) => all.map(({ path, parameter, info }) => [`${kind} ${path} ${parameter}`.trim(), info])))
}

/** Which of these paths are answered with anything but 404. */
export async function ffuf(prey: Prey, paths: readonly string[], headers: readonly string[] = []): Promise<Findings> {
  writeFileSync(join(prey.folder, 'paths.txt'), paths.join('\n'))
  const how = ['-mc', 'all', '-fc', '404', '-t', '10', '-maxtime', '120', '-s', ...headers.flatMap((one) => ['-H', one])]
  const args = ['-u', `${prey.url}/FUZZ`, '-w', 'paths.txt', ...how, '-o', 'ffuf.json']
  const { code, text } = await scan('ffuf', args, { seconds: 180, cwd: prey.folder })
  assert.equal(code, 0, text)
  const { results } = JSON.parse(readFileSync(join(prey.folder, 'ffuf.json'), 'utf8')) as {
    results: { input: { FUZZ: string }; status: number }[]
  }
  return new Map(results.map(({ input, status }) => [input.FUZZ, `answered ${status}`]))
}

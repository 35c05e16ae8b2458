import { type ChildProcess, spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { whereIs } from '../setup.ts'
import type { Pair } from '../support/premises.ts'
import { startProgram } from './processes.ts'

/** Servers of XMPP, as Debian packs them: rooms are those of XEP-0045, the line is RFC 7395. They keep and check no message here. */
export type XmppName = 'ejabberd' | 'prosody'
export const xmppNames: XmppName[] = ['ejabberd', 'prosody']

const programs: Record<XmppName, string> = { ejabberd: 'ejabberdctl', prosody: 'prosody' }
/** ms for a server to listen. */
const patience = 30_000

/** Installs what is not there, by the package manager of Debian; as root, and without starting it as a service. @throws Error in words */
export function install(name: XmppName): void {
  if (whereIs(programs[name]) !== undefined) return
  const command = ['install', '--yes', '--no-install-recommends', name]
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const { status } = spawnSync('apt-get', command, { env, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error(`${name} is not installed, and this did not work: apt-get ${command.join(' ')}`)
}

/** On the core of the servers, with files of its own in a temporary folder. @throws Error in words */
export async function startXmpp(name: XmppName, pair: Pair): Promise<{ child: ChildProcess; port: number }> {
  if (whereIs(programs[name]) === undefined) throw new Error(`${name} is not installed (--install installs it).`)
  const folder = mkdtempSync(join(tmpdir(), `parley-bench-${name}-`))
  const port = await freePort()
  writeFileSync(join(folder, 'both.pem'), `${pair.cert}\n${pair.key}`, { mode: 0o600 })
  const child = name === 'ejabberd' ? startEjabberd(folder, port) : startProsody(folder, port)
  for (const until = performance.now() + patience; !(await answers(port)); await pause(100)) {
    if (child.exitCode === null && performance.now() < until) continue
    child.kill('SIGKILL')
    throw new Error(`${name} did not start; what it said is in ${folder}.`)
  }
  return { child, port }
}

function startEjabberd(folder: string, port: number): ChildProcess {
  const config = `
hosts: [localhost]
loglevel: error
certfiles: ["${folder}/both.pem"]
listen:
  - { port: ${port}, ip: "127.0.0.1", module: ejabberd_http, tls: true, request_handlers: { /xmpp-websocket: ejabberd_http_ws } }
auth_method: [anonymous]
anonymous_protocol: sasl_anon
access_rules: { c2s: [allow: all] }
shaper_rules: { max_user_sessions: 10000000, c2s_shaper: none, s2s_shaper: none }
modules:
  mod_muc:
    host: conference.localhost
    max_users: 100000
    history_size: 0
    default_room_options: { presence_broadcast: [], max_users: 100000 }
`
  writeFileSync(join(folder, 'ejabberd.yml'), config)
  const [code = ''] = globSync('/usr/lib/*/ejabberd-*/ebin')
  // Without a name of a node: it then needs no port mapper of Erlang's.
  return startProgram('server', 'erl', [
    ...['-noinput', '-pa', code, '-ejabberd', 'config', `"${folder}/ejabberd.yml"`, 'log_path', `"${folder}/ejabberd.log"`],
    ...['-mnesia', 'dir', `"${folder}/mnesia"`, '-s', 'ejabberd'],
  ])
}

function startProsody(folder: string, port: number): ChildProcess {
  const config = `
run_as_root = true
data_path = "${folder}"
pidfile = "${folder}/prosody.pid"
log = { error = "${folder}/prosody.log" }
modules_enabled = { "saslauth", "websocket" }
modules_disabled = { "s2s", "offline" }
c2s_ports = {}
http_ports = {}
https_ports = { ${port} }
https_interfaces = { "127.0.0.1" }
https_ssl = { certificate = "${folder}/both.pem", key = "${folder}/both.pem" }
ssl = { certificate = "${folder}/both.pem", key = "${folder}/both.pem" }
http_default_host = "localhost"
VirtualHost "localhost"
  authentication = "anonymous"
Component "conference.localhost" "muc"
  muc_room_locking = false
  muc_room_default_history_length = 0
  muc_room_default_presence_broadcast = { visitor = false, participant = false, moderator = false }
`
  writeFileSync(join(folder, 'prosody.cfg.lua'), config)
  return startProgram('server', 'prosody', ['-F', '--config', join(folder, 'prosody.cfg.lua')])
}

/** One that was free a moment ago: these servers do not say which they took. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

import type { Server as TlsServer } from 'node:https'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Config, compareConfigs, isLoopback, readConfig } from './config.ts'
import { type Clock, systemClock } from './house.ts'
import { acts } from './ops/acts.ts'
import { openAdminSocket } from './ops/admin-socket.ts'
import { openOpsListener } from './ops/ops-listener.ts'
import { ownStore } from './ops/owner.ts'
import type { Running } from './ops/running.ts'
import { startService } from './service.ts'
import { openCertificates } from './tls/certificates.ts'

interface Start {
  /** The folder that holds config/; relative paths in settings start there. */
  root: string
  env: Readonly<Record<string, string | undefined>>
  log: Logger
  clock?: Clock
  /** The store can no longer be trusted: the process has to end. */
  onFatal: (error: Error) => void
}

const here = import.meta.dirname

/**
 * A whole running program: it owns the store, holds the certificates, serves people, and takes orders through the
 * admin socket and from signals. What was opened is closed again when a later step fails.
 * @throws ConfigFaults · StoreTaken · Error in words, for the terminal
 */
export async function startServer({ root, env, log, clock = systemClock, onFatal }: Start): Promise<Running> {
  let reading = readConfig({ root, env })
  const config = (): Config => reading.config
  const undo: (() => unknown)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const owner = await ownStore(config())
    undo.push(() => owner.release())
    const certificates = config().tls.mode === 'off' ? undefined : await openCertificates(certificatesAsked(config(), log, clock))
    undo.push(() => certificates?.close())
    const service = await startService({
      config,
      log,
      clock,
      tls: certificates?.options(),
      webDir: join(here, 'web/dist'),
      entryStyle: join(here, 'web/entry.css'),
      onFatal,
    })
    undo.push(() => service.close())
    // Only new handshakes see it; no open socket is touched. All options go along: a forgotten one would fall back to a laxer default.
    certificates?.onSwap(() => (service.server as TlsServer).setSecureContext(certificates.options()))

    const running: Running = {
      url: service.url,
      port: service.port,
      node: service.node,
      house: service.house,
      connections: service.connections,
      connectionsOf: (logins) => service.gateway.connectionsOf(logins),
      ready: service.ready,
      async reload() {
        const next = readConfig({ root, env })
        const { changed, restart } = compareConfigs(reading.settings, next.settings)
        reading = next
        log.level = config().log.level
        await certificates?.look()
        log.info({ event: 'config_reloaded', changed, restart }, 'Configuration read again')
        return { changed, needRestart: restart }
      },
      drain: service.drain,
      close,
    }
    const ops = await openOpsListener({ host: config().ops.host, port: config().ops.port, ready: service.ready })
    undo.push(() => ops.close())
    const admin = await openAdminSocket({ file: join(config().data.dir, 'parley.sock'), acts, house: service.house, running })
    undo.push(() => admin.close())
    return running
  } catch (error) {
    await close()
    throw error
  }
}

function certificatesAsked({ tls, server }: Config, log: Logger, clock: Clock) {
  const names = server.publicUrl === undefined ? ['localhost'] : [new URL(server.publicUrl).hostname]
  return {
    dir: tls.dir,
    minVersion: tls.minVersion,
    names: isLoopback(server.host) && server.publicUrl === undefined ? [] : names,
    log,
    now: clock.now,
  }
}

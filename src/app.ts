import type { Server as TlsServer } from 'node:https'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Config, compareConfigs, readConfig, typedHosts, withoutRestart } from './config.ts'
import { type Clock, systemClock } from './house.ts'
import type { Audit, AuditRecord } from './identity/audit.ts'
import { acts } from './ops/acts.ts'
import { openAdminSocket } from './ops/admin-socket.ts'
import { tendNursery } from './ops/nursery.ts'
import { openOpsListener } from './ops/ops-listener.ts'
import { ownStore } from './ops/owner.ts'
import type { Running } from './ops/running.ts'
import { startService } from './service.ts'
import { type Certificates, openCertificates } from './tls/certificates.ts'

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
  const begun = readConfig({ root, env })
  let written = begun.settings
  let inForce = begun.config
  const config = (): Config => inForce
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
      certificates,
      webDir: join(here, 'web/dist'),
      entryStyle: join(here, 'web/entry.css'),
      onFatal,
    })
    undo.push(() => service.close())
    undo.push(tendNursery().stop)
    // Only new handshakes see it; no open socket is touched. All options go along: a forgotten one would fall back to a laxer default.
    certificates?.onSwap(() => (service.server as TlsServer).setSecureContext(certificates.options()))
    if (certificates) recordCertificates(certificates, service.house.audit, log)

    const running: Running = {
      url: service.url,
      port: service.port,
      node: service.node,
      house: service.house,
      connections: service.connections,
      connectionsOf: service.connectionsOf,
      ready: service.ready,
      async reload() {
        const next = readConfig({ root, env })
        const { changed } = compareConfigs(written, next.settings)
        const { restart } = compareConfigs(begun.settings, next.settings)
        await service.house.audit.write({ event: 'sys_config_reloaded', who: 'operator', extra: { changed, restart } })
        written = next.settings
        inForce = withoutRestart(inForce, next.config)
        log.level = config().log.level
        const certificate = await certificates?.look()
        log.info({ event: 'config_reloaded', changed, restart, certificate }, 'Configuration read again')
        return { changed, needRestart: restart, ...(certificate && { certificate }) }
      },
      certificates,
      drain: service.drain,
      close,
    }
    const ops = await openOpsListener({ host: config().ops.host, port: config().ops.port, ready: service.ready, metrics: service.metrics })
    undo.push(() => ops.close())
    const admin = await openAdminSocket({ file: join(config().data.dir, 'parley.sock'), acts, house: service.house, running })
    undo.push(() => admin.close())
    return running
  } catch (error) {
    await close()
    throw error
  }
}

/** What lies in the folder is served or refused whether or not it can be written down: nobody is there to be told no. */
function recordCertificates(certificates: Certificates, audit: Audit, log: Logger): void {
  const write = (record: AuditRecord) =>
    audit.write(record).catch((err) => log.error({ event: 'audit_failed', err }, 'A change of certificates could not be recorded'))
  certificates.onSwap(() => {
    const { names, notAfter, fingerprint256 } = certificates.facts()
    void write({ event: 'tls_pair_swapped', what: fingerprint256, extra: { names, notAfter } })
  })
  certificates.onRefused((reasons) => void write({ event: 'tls_pair_refused', extra: { reasons } }))
}

function certificatesAsked({ tls, server }: Config, log: Logger, clock: Clock) {
  return {
    dir: tls.dir,
    minVersion: tls.minVersion,
    names: typedHosts(server),
    log,
    now: clock.now,
  }
}

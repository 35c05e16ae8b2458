import manifest from '../../package.json' with { type: 'json' }
import type { BusFigures } from '../bus/bus.ts'
import type { GatewayFigures } from '../gateway/meter.ts'
import type { Connections } from '../store/store.ts'
import { daysLeft, type PairFacts } from '../tls/facts.ts'
import * as label from './metrics/labels.ts'
import { watchLoopDelay } from './metrics/loop-delay.ts'
import { createMeters } from './metrics/meters.ts'
import { readFiles, readOpenFiles } from './metrics/process.ts'
import { createRegistry, type MetricsRegistry } from './metrics/registry.ts'
import { createRoad } from './metrics/road.ts'

/** What is looked up when somebody asks, rather than counted as it happens. */
export interface Readings {
  gateway: GatewayFigures
  limits: { connections: number; queueBytes: number }
  ready: { ok: boolean; reasons: string[] }
  bus: BusFigures
  /** Undefined where the store can have one node only. */
  nodes: { live: number; holds: boolean; age: number | undefined } | undefined
  fallbacks: Record<'sessions' | 'limits', number>
  /** Undefined for a file. */
  connections: Connections | undefined
  /** Undefined where a proxy ends TLS. */
  certificate: { facts: PairFacts; refusal: readonly string[] | undefined } | undefined
  /** The file of the database, where it is one. */
  database: string | undefined
  /** ms since 1970. */
  now: number
}

/** The figures of one server: meters for those who do things, and the text of `/metrics` for whoever collects it. */
export function createMetrics() {
  const registry = createRegistry()
  const loop = watchLoopDelay()
  const processor = createProcessor(registry)
  const road = createRoad(registry)
  return {
    meters: createMeters(registry),
    async text(readings: Readings): Promise<string> {
      setGateway(registry, readings)
      setReady(registry, readings)
      road.read(readings)
      setCertificate(registry, readings)
      await setStore(registry, readings)
      await setProcess(registry, loop.read())
      processor.read()
      return registry.text()
    },
    close: loop.close,
  }
}

export type Metrics = ReturnType<typeof createMetrics>

function setGateway({ set }: MetricsRegistry, { gateway, limits }: Readings): void {
  set('parley_connections', gateway.connections)
  set('parley_connections_limit', limits.connections)
  set('parley_connections_waiting', gateway.waiting)
  set('parley_logins_connected', gateway.logins)
  set('parley_accounts_connected', gateway.accounts)
  set('parley_frames_unanswered', gateway.unanswered)
  set('parley_pullers', gateway.pullers)
  set('parley_queue_bytes', gateway.queued, { place: 'parley' })
  set('parley_queue_bytes', gateway.inSockets, { place: 'sockets' })
  set('parley_queue_largest_bytes', gateway.largest)
  set('parley_queue_limit_bytes', limits.queueBytes)
}

function setReady({ set }: MetricsRegistry, { ready }: Readings): void {
  set('parley_ready', Number(ready.ok))
  const known = (reason: string) => (label.notReady.includes(reason) ? reason : label.other)
  const given = new Set(ready.reasons.map(known))
  for (const reason of label.notReady) set('parley_not_ready', Number(given.has(reason)), { reason })
}

function setCertificate({ set }: MetricsRegistry, { certificate, now }: Readings): void {
  set('parley_certificate_days_left', certificate && daysLeft(certificate.facts, now))
  set('parley_certificate_refused', certificate && Number(certificate.refusal !== undefined))
}

async function setStore({ set }: MetricsRegistry, { database, connections }: Readings): Promise<void> {
  for (const state of ['used', 'idle'] as const) set('parley_store_connections', connections?.[state], { state })
  set('parley_store_connections_limit', connections?.limit)
  set('parley_store_connections_waiting', connections?.waiting)
  const files = await readFiles(database)
  set('parley_store_database_bytes', files.database)
  set('parley_store_wal_bytes', files.wal)
  set('parley_store_disk_free_bytes', files.free)
}

async function setProcess({ set }: MetricsRegistry, delay: Record<'p50' | 'p99' | 'max', number>): Promise<void> {
  const files = await readOpenFiles()
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  for (const at of ['p50', 'p99', 'max'] as const) set('parley_event_loop_delay_seconds', delay[at], { at })
  set('parley_process_resident_bytes', rss)
  set('parley_process_heap_bytes', heapUsed, { part: 'used' })
  set('parley_process_heap_bytes', heapTotal, { part: 'total' })
  set('parley_process_heap_bytes', external, { part: 'external' })
  set('parley_process_open_files', files.open)
  set('parley_process_open_files_limit', files.limit)
  set('parley_process_start_time_seconds', Math.round(performance.timeOrigin / 1000))
  set('parley_build_info', 1, { version: manifest.version, node: process.versions.node })
}

/** The system counts processor time from the start of the process; here only what came since the last reading is added. */
function createProcessor({ tally }: MetricsRegistry) {
  const seconds = tally('parley_process_cpu_seconds_total')
  let before = { user: 0, system: 0 }
  return {
    read(): void {
      const now = process.cpuUsage()
      for (const mode of ['user', 'system'] as const) seconds.add((now[mode] - before[mode]) / 1e6, mode)
      before = now
    },
  }
}

import type { GatewayMeter } from '../../gateway/meter.ts'
import type { HttpMeter } from '../../http/metering.ts'
import type { EndedWhy } from '../../identity/logins.ts'
import type { Committed, StoreMeter } from '../../store/meter.ts'
import type { MetricsRegistry } from './registry.ts'

/** What the other rooms call when something has happened. None of them knows what becomes of it. */
export function createMeters({ tally, histogram }: MetricsRegistry) {
  return {
    gateway: gatewayMeter(tally),
    store: storeMeter(tally, histogram),
    http: httpMeter(tally, histogram),
    ended: endingMeter(tally, histogram),
    /** The events of a commit are with the sockets of those who have their rooms open. */
    delivered: deliveryMeter(histogram),
  }
}

export type Meters = ReturnType<typeof createMeters>
type Tallies = MetricsRegistry['tally']
type Histograms = MetricsRegistry['histogram']

const seconds = (ms: number): number => ms / 1000

function gatewayMeter(tally: Tallies): GatewayMeter {
  const frames = tally('parley_frames_total')
  const delivered = tally('parley_events_delivered_total')
  const accepted = tally('parley_upgrades_accepted_total')
  const refused = tally('parley_upgrades_refused_total')
  const closed = tally('parley_connections_closed_total')
  const pullers = tally('parley_pullers_begun_total')
  const recoveries = tally('parley_recoveries_total')
  const missed = tally('parley_rooms_missed_total')
  const faults = tally('parley_faults_total')
  return {
    accepted: () => accepted.add(1),
    refused: (status, reason) => refused.add(1, String(status), reason),
    closed: (reason) => closed.add(1, reason),
    answered(type, outcome) {
      frames.add(1, type, outcome)
      if (outcome === 'internal') faults.add(1, 'frame')
    },
    delivered: (events) => delivered.add(events),
    fellBehind: () => pullers.add(1),
    recovered: (how) => recoveries.add(1, how),
    missed: () => missed.add(1),
  }
}

function storeMeter(tally: Tallies, histogram: Histograms): StoreMeter {
  const posts = tally('parley_posts_total')
  const events = tally('parley_events_committed_total')
  const errors = tally('parley_store_errors_total')
  const acceptToCommit = histogram('parley_accept_to_commit_seconds')
  const commit = histogram('parley_commit_seconds')
  const writes = histogram('parley_commit_writes')
  return {
    committed(done: Committed): void {
      writes.observe(done.writes)
      commit.observe(seconds(done.doneAt - done.begunAt))
      acceptToCommit.observe(seconds(done.doneAt - done.acceptedAt))
      posts.add(done.posts.fresh, 'fresh')
      posts.add(done.posts.repeated, 'repeated')
      posts.add(done.posts.refused, 'refused')
      for (const { events: landed } of done.landed) for (const { kind } of landed) events.add(1, kind)
    },
    failed: (fault, by) => errors.add(1, fault, by),
  }
}

function httpMeter(tally: Tallies, histogram: Histograms): HttpMeter {
  const requests = tally('parley_http_requests_total')
  const signIns = tally('parley_sign_ins_total')
  const faults = tally('parley_faults_total')
  const durations = histogram('parley_http_request_seconds')
  return {
    requested(of, status, ms) {
      requests.add(1, of, String(status))
      if (status === 500) faults.add(1, 'request')
      durations.observe({ class: of }, seconds(ms))
    },
    signedIn: (outcome) => signIns.add(1, outcome),
  }
}

function endingMeter(tally: Tallies, histogram: Histograms) {
  const ended = tally('parley_logins_ended_total')
  const durations = histogram('parley_login_ending_seconds')
  return (why: EndedWhy, logins: number, ms?: number): void => {
    ended.add(logins, why)
    if (ms !== undefined) durations.observe(seconds(ms))
  }
}

function deliveryMeter(histogram: Histograms) {
  const acceptToDeliver = histogram('parley_accept_to_deliver_seconds')
  return ({ acceptedAt }: Committed): void => acceptToDeliver.observe(seconds(performance.now() - acceptedAt))
}

import * as label from './labels.ts'

export interface Metric {
  type: 'counter' | 'gauge' | 'histogram'
  help: string
  /** Label → every value that it can have; words where it has one value for the life of the process. */
  labels?: Record<string, readonly string[] | string>
  /** Upper bounds of a histogram, in its unit. */
  buckets?: readonly number[]
}

const counter = (help: string, labels: Metric['labels'] = {}) => ({ type: 'counter', help, labels }) as const
const gauge = (help: string, labels: Metric['labels'] = {}) => ({ type: 'gauge', help, labels }) as const
const histogram = (help: string, buckets: readonly number[], labels: Metric['labels'] = {}) =>
  ({ type: 'histogram', help, labels, buckets }) as const

/** Seconds: an fsync takes about a millisecond, and past ten seconds it does not matter how long. */
const quick = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const perBatch = [1, 2, 4, 8, 16, 32, 64, 128, 256]

/** Everything that is measured, by topic. What /metrics says and what docs/metrics.md says both come from here. */
export const topics = {
  Connections: {
    parley_connections: gauge('Open WebSocket connections.'),
    parley_connections_limit: gauge('Connections that this node takes: limits.connections.'),
    parley_connections_waiting: gauge('TCP connections that have come and are not let in yet: what a crowd is seen by.'),
    parley_logins_connected: gauge('Logins with at least one open connection.'),
    parley_accounts_connected: gauge('Accounts with at least one open connection.'),
    parley_upgrades_accepted_total: counter('Connections that were let in.'),
    parley_upgrades_refused_total: counter(
      'Upgrades refused before they became connections, by HTTP status and by the check that said no.',
      {
        status: label.upgradeStatuses,
        reason: label.upgradeReasons,
      },
    ),
    parley_connections_closed_total: counter(
      'Connections that are no more, by why the server ended them; gone: the peer left or was lost.',
      {
        reason: label.closeReasons,
      },
    ),
    parley_frames_total: counter(
      'Frames from clients, by type and by the answer they got; unreadable: no frame, or one that is not valid.',
      {
        type: label.frameTypes,
        outcome: label.outcomes,
      },
    ),
    parley_frames_unanswered: gauge('Frames that have been read and not answered yet.'),
    parley_recoveries_total: counter('Rooms opened again with a cursor, by how it went; gap, future and mismatch start anew.', {
      outcome: label.recoveries,
    }),
  },
  'Sign-ins and pages': {
    parley_sign_ins_total: counter('Attempts to sign in with a password, and first sign-ins of new accounts, by outcome.', {
      outcome: label.signInOutcomes,
    }),
    parley_logins_ended_total: counter('Logins that ended, by why.', { why: label.endings }),
    parley_login_ending_seconds: histogram('Ending logins: from the call until the last byte to their connections was out.', quick),
    parley_http_requests_total: counter(
      'HTTP requests, by what they were for and by status; 0: the client left before the answer was out.',
      {
        class: label.requestClasses,
        status: label.statuses,
      },
    ),
    parley_http_request_seconds: histogram('HTTP requests: from the headers to the end of the answer.', quick, {
      class: label.requestClasses,
    }),
  },
  Messages: {
    parley_posts_total: counter('Posts that reached the store, by what became of them; repeated: a key that had been written already.', {
      outcome: label.postOutcomes,
    }),
    parley_events_committed_total: counter('Events written to rooms, by kind.', { kind: label.eventKinds }),
    parley_events_delivered_total: counter('Events given to connections that had the room open: one event for ten readers counts ten.'),
    parley_accept_to_commit_seconds: histogram('Per commit: from its oldest write being read to all of it being on disk.', quick),
    parley_accept_to_deliver_seconds: histogram(
      'Per commit: from its oldest write being read to its events being with the sockets.',
      quick,
    ),
    parley_commit_seconds: histogram('Per commit: from handing it to the writer to its being on disk.', quick),
    parley_commit_writes: histogram('Writes that shared one commit.', perBatch),
  },
  'Slow readers': {
    parley_queue_bytes: gauge('Bytes that wait for connections: in queues of Parley, and in their sockets.', { place: label.queues }),
    parley_queue_largest_bytes: gauge('The same, of the connection for which most waits.'),
    parley_queue_limit_bytes: gauge('Events that wait for one connection before it becomes a puller: limits.queueBytes.'),
    parley_pullers: gauge('Connections that read too slowly and are being caught up from the store.'),
    parley_pullers_begun_total: counter('Connections that became so.'),
  },
  Store: {
    parley_store_errors_total: counter(
      'What the store could not do, by why and by which of its threads. Broken rules, such as a name that is taken, do not count.',
      {
        kind: label.storeFaults,
        thread: label.storeThreads,
      },
    ),
    parley_store_database_bytes: gauge('The database file.'),
    parley_store_wal_bytes: gauge('The write-ahead log beside it.'),
    parley_store_disk_free_bytes: gauge('Room that is left on the disk of the store.'),
    parley_store_connections: gauge('Connections to the database, besides the one that appends. Not there for a file.', {
      state: label.connectionStates,
    }),
    parley_store_connections_limit: gauge('How many there may be: store.poolSize.'),
    parley_store_connections_waiting: gauge('What is asked of the database and has to wait for one of them.'),
    parley_ready: gauge('1 when /readyz says 200.'),
    parley_not_ready: gauge('1 for each reason for which it does not.', { reason: label.notReady }),
  },
  Nodes: {
    parley_nodes: gauge('Nodes over this store whose lease may hold, this one included. Not there where the store can have only one.'),
    parley_lease_held: gauge(
      '1 while this node may deliver: it has read lately what has ended. Not there where the store can have only one.',
    ),
    parley_bus_up: gauge('1 while what this node says to the others can be heard, shown by its own signs of life.'),
    parley_bus_messages_total: counter(
      'Messages between nodes; unsent: the road was down or full; refused: not from a node of this house; unknown: from a newer one.',
      { way: label.busWays },
    ),
    parley_bus_round_trip_seconds: gauge('To Redis and back, by the last sign of life. Not there while none comes back.'),
    parley_bus_troubles_total: counter('How often the road between nodes had to be built anew.'),
    parley_lease_age_seconds: gauge('Since this node last knew all that had ended; above five it delivers nothing.'),
    parley_redis_fallbacks_total: counter(
      'Times that Redis was needed and away; sessions: a browser was answered 503; limits: this node counted an attempt to sign in by itself.',
      { what: label.fallbacks },
    ),
    parley_rooms_missed_total: counter('Times that a node read from the store what came next in a room, because it had not heard of it.'),
  },
  Certificates: {
    parley_certificate_days_left: gauge(
      'Whole days until the certificate in force ends; negative when it has. Not there when a proxy ends TLS.',
    ),
    parley_certificate_refused: gauge('1 when a pair lies in the folder that is refused, while the one before stays in force.'),
  },
  Process: {
    parley_faults_total: counter(
      'Frames and requests that failed for no reason that anybody thought of: faults of Parley. The log has the cause.',
      {
        place: label.faultPlaces,
      },
    ),
    parley_event_loop_delay_seconds: gauge('How late the event loop was, over the last ten full seconds.', { at: label.loopDelays }),
    parley_process_cpu_seconds_total: counter('Processor time.', { mode: label.cpuModes }),
    parley_process_resident_bytes: gauge('Memory that the process takes.'),
    parley_process_heap_bytes: gauge('Memory of JavaScript, and outside of it on its behalf.', { part: label.heapParts }),
    parley_process_open_files: gauge('Open files and sockets.'),
    parley_process_open_files_limit: gauge('How many there may be.'),
    parley_process_start_time_seconds: gauge('When the process began, in seconds since 1970.'),
    parley_build_info: gauge('Always 1.', { version: 'of Parley', node: 'the version of Node' }),
  },
} as const satisfies Record<string, Record<string, Metric>>

type Topics = typeof topics
/** Names of one type of metric. */
export type NameOf<K extends Metric['type']> = {
  [T in keyof Topics]: { [N in keyof Topics[T]]: Topics[T][N] extends { type: K } ? N : never }[keyof Topics[T]]
}[keyof Topics] &
  string

/** Name → metric. */
export const table: ReadonlyMap<string, Metric> = new Map(Object.values(topics).flatMap((metrics) => Object.entries(metrics)))

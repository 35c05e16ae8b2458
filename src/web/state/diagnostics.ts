import { breaks, client, line, rooms, waiting } from './chat.ts'
import { trips } from './pulse.ts'

/** What helps whoever runs the server, without names, texts, ids of people or secrets. */
export function diagnostics(): string {
  const now = line.value
  const live = now.state === 'live' ? now.welcome : undefined
  return JSON.stringify(
    {
      at: new Date().toISOString(),
      state: now.state,
      why: 'why' in now ? now.why : undefined,
      node: live?.node,
      connection: live?.connection,
      protocol: live?.protocol,
      loginEnds: live === undefined ? undefined : new Date(live.login.expiresAt).toISOString(),
      roundTripsMs: trips.value.map(Math.round),
      breaks: breaks.value,
      rooms: [...rooms.value.values()].map(({ kind, last, n, readN }, at) => ({ room: at + 1, kind, last, unread: n - readN })),
      openRooms: openTimelines().map(({ last, live: isLive }) => ({ last, live: isLive })),
      waiting: waiting.value,
      online: navigator.onLine,
      agent: navigator.userAgent,
    },
    null,
    2,
  )
}

export const openTimelines = () => [...rooms.value.keys()].flatMap((room) => client.value?.timeline(room) ?? [])

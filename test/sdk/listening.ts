import type { Client, ClientEvents, LineState, Timeline } from '../../src/sdk/client.ts'

/** The next time that `event` says what `matches`; if it is so already, pass `now`. */
export function heard<E extends keyof ClientEvents>(
  client: Client,
  event: E,
  matches: (given: ClientEvents[E]) => boolean = () => true,
): Promise<ClientEvents[E]> {
  return new Promise((resolve) => {
    const stop = client.on(event, (given) => {
      if (!matches(given)) return
      stop()
      resolve(given)
    })
  })
}

export async function inState<S extends LineState['state']>(client: Client, state: S): Promise<Extract<LineState, { state: S }>> {
  const now = client.state.state === state ? client.state : await heard(client, 'state', (given) => given.state === state)
  return now as Extract<LineState, { state: S }>
}

export const texts = (timeline: Timeline | undefined): (string | undefined)[] => timeline?.messages.map((message) => message.text) ?? []

/** Until the timeline of `room` fulfils `matches`. */
export async function showing(client: Client, room: string, matches: (timeline: Timeline) => boolean): Promise<Timeline> {
  const now = client.timeline(room)
  return now && matches(now) ? now : heard(client, 'timeline', (timeline) => timeline.room === room && matches(timeline))
}

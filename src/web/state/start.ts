import type { Client } from '../../sdk/client.ts'
import { followActivity } from './activity.ts'
import { followMessages } from './announcer.ts'
import { begin, type Dial, me } from './chat.ts'
import { followConversation } from './conversation.ts'
import { amend } from './excerpt.ts'
import { adoptWhenSeen } from './outbox-storage.ts'
import { followPeople, learn } from './people.ts'
import { followReading } from './reading.ts'
import { followAddress } from './route.ts'
import { session, watchSession } from './session.ts'
import { restoreTheme } from './theme.ts'
import { followTitle } from './title.ts'
import { followTyping } from './typing.ts'

/** Everything that listens before anyone is known to be signed in. */
export function prepare(): void {
  restoreTheme()
  followAddress()
  watchSession()
  followTitle()
}

/** Asks who is signed in and goes on from there; also what “try again” does. */
export const open = (dial: Dial): Promise<void> => begin(dial, attach)

function attach(client: Client): void {
  if (session.value !== undefined) learn([session.value.account])
  followPeople(client)
  followTyping(client)
  followConversation(client)
  followReading(client)
  followMessages(client)
  followActivity(client)
  client.on('event', ({ room, event }) => amend(room, event))
  adoptWhenSeen(client, me.value)
}

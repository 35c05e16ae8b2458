import { useLayoutEffect } from 'preact/hooks'
import { me, rooms } from '../state/chat.ts'
import { compose } from '../state/composing.ts'
import { openFault } from '../state/conversation.ts'
import { keepLastRoom } from '../state/last-room.ts'
import { nameOf } from '../state/people.ts'
import { typingIn } from '../state/typing.ts'
import { words } from '../words.ts'
import { Banner } from './banner.tsx'
import { Composer } from './composer.tsx'
import { Empty } from './empty.tsx'
import { MessageList } from './message-list.tsx'
import { RoomHeader } from './room-header.tsx'

export function Conversation({ room }: { room: string }) {
  const state = rooms.value.get(room)
  const known = state !== undefined
  useLayoutEffect(() => {
    if (known) keepLastRoom(me.value, room)
    compose(room)
  }, [room, known])
  if (state === undefined) {
    return (
      <Empty title={openFault.value || words.room.gone}>
        <a class="button plain" href="/">
          {words.room.toRooms}
        </a>
      </Empty>
    )
  }
  return (
    <>
      <RoomHeader state={state} />
      <MessageList state={state} />
      <Banner />
      <div class="foot">
        <Typing room={room} />
        {state.archived ? <p class="banner">{words.room.archived}</p> : <Composer state={state} />}
      </div>
    </>
  )
}

/** Who is writing; for eyes only, or it would talk over the messages themselves. */
const Typing = ({ room }: { room: string }) => {
  const names = typingIn(room).map(nameOf)
  return (
    <p class="typing" aria-hidden="true">
      {names.length === 0 ? null : (
        <>
          <span class="typing-dots">
            <i />
            <i />
            <i />
          </span>
          <bdi>{words.composer.typing(names)}</bdi>
        </>
      )}
    </p>
  )
}

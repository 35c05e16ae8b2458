import type { RoomState } from '../../protocol/events.ts'
import { line } from '../state/chat.ts'
import { timeline } from '../state/conversation.ts'
import { context, toggleContext } from '../state/panes.ts'
import { membersOf, roomName } from '../state/people.ts'
import { clock } from '../state/times.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

export const RoomHeader = ({ state }: { state: RoomState }) => {
  const members = membersOf(state.id).length
  return (
    <header class="head">
      <a class="icon-button back" href="/" aria-label={words.back} title={words.back}>
        <Icon name="back" />
      </a>
      <div class="head-words">
        <h1>
          <bdi>{roomName(state)}</bdi>
        </h1>
        {state.topic === undefined || state.topic === '' ? null : (
          <p class="topic" dir="auto" title={state.topic}>
            {state.topic}
          </p>
        )}
      </div>
      <Stale />
      <button
        type="button"
        class="button quiet members-button"
        aria-expanded={context.value === 'members'}
        title={words.room.members}
        onClick={() => toggleContext('members')}
      >
        <Icon name="people" />
        <span class="hidden">{words.room.members}</span>
        {members === 0 ? null : <span>{words.number(members)}</span>}
      </button>
    </header>
  )
}

/** What is shown may be behind: since when. */
function Stale() {
  const shown = timeline.value?.of
  const last = shown?.messages.at(-1)
  if (shown === undefined || !shown.stale || last === undefined || line.value.state === 'live') return null
  return <span class="quiet">{words.room.stale(clock(last.at))}</span>
}

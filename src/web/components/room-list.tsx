import { computed } from '@preact/signals'
import type { RoomState } from '../../protocol/events.ts'
import { me, rooms } from '../state/chat.ts'
import { room } from '../state/conversation.ts'
import { draftOf, draftsChanged } from '../state/drafts.ts'
import { dialog, type OpenDialog } from '../state/panes.ts'
import { presenceOf, roomName } from '../state/people.ts'
import { roomPath } from '../state/route.ts'
import { badgeOf, unreadOf } from '../state/unread.ts'
import { words } from '../words.ts'
import { Button, IconButton } from './button.tsx'
import { Empty } from './empty.tsx'
import { Icon } from './icon.tsx'

const byName = (one: RoomState, other: RoomState): number =>
  roomName(one).localeCompare(roomName(other), undefined, { sensitivity: 'base', numeric: true })
const shared = computed(() => [...rooms.value.values()].filter(({ kind }) => kind !== 'direct').sort(byName))
const direct = computed(() => [...rooms.value.values()].filter(({ kind }) => kind === 'direct').sort(byName))

/** Always in the same order: what is new says so itself and needs no moving about. */
export function RoomList() {
  return (
    <>
      <Section title={words.rooms.title} add={words.rooms.create} ask={{ ask: 'new-room' }} rooms={shared.value} />
      {shared.value.length === 0 && direct.value.length === 0 ? (
        <Empty title={words.rooms.none}>
          <Button onClick={() => (dialog.value = { ask: 'browse' })}>{words.rooms.browse}</Button>
        </Empty>
      ) : null}
      <Section title={words.rooms.direct} add={words.rooms.message} ask={{ ask: 'direct' }} rooms={direct.value} />
    </>
  )
}

const Section = ({ title, add, ask, rooms: given }: { title: string; add: string; ask: OpenDialog; rooms: readonly RoomState[] }) => (
  <section class="rooms">
    <header>
      <h2>{title}</h2>
      <IconButton icon="plus" label={add} onClick={() => (dialog.value = ask)} />
    </header>
    <ul>
      {given.map((state) => (
        <li key={state.id}>
          <RoomLink state={state} />
        </li>
      ))}
    </ul>
  </section>
)

function RoomLink({ state }: { state: RoomState }) {
  const here = room.value === state.id
  const unread = unreadOf(state)
  const forMe = badgeOf(state)
  const name = roomName(state)
  return (
    <a class={`room${unread > 0 ? ' unread' : ''}`} href={roomPath(state.id)} {...(here ? { 'aria-current': 'page' as const } : {})}>
      <Mark state={state} />
      <bdi class="room-name">{name}</bdi>
      {state.kind === 'private' ? <span class="hidden">{words.rooms.private}</span> : null}
      {!here && draftsChanged.value >= 0 && draftOf(state.id).text !== '' ? (
        <span class="draft-mark" title={words.rooms.draft}>
          <Icon name="edit" />
          <span class="hidden">{words.rooms.draft}</span>
        </span>
      ) : null}
      <Count unread={unread} forMe={forMe} />
    </a>
  )
}

/** Marigold is for what is for me; other unread messages are a bold name and a dot. */
function Count({ unread, forMe }: { unread: number; forMe: number }) {
  if (forMe > 0) {
    return (
      <span class="badge" title={words.rooms.forYou(forMe)}>
        <span aria-hidden="true">{forMe > 99 ? '99+' : forMe}</span>
        <span class="hidden">{words.rooms.forYou(forMe)}</span>
      </span>
    )
  }
  if (unread === 0) return null
  return (
    <span class="dot" title={words.rooms.unread(unread)}>
      <span class="hidden">{words.rooms.unread(unread)}</span>
    </span>
  )
}

function Mark({ state }: { state: RoomState }) {
  const others = state.accounts?.filter((account) => account !== me.value) ?? []
  const [other] = others
  if (state.kind === 'direct' && other !== undefined && others.length === 1) {
    return <span class={`presence ${presenceOf(other)}`} aria-hidden="true" />
  }
  return <Icon name={state.kind === 'direct' ? 'people' : state.kind === 'private' ? 'lock' : 'hash'} />
}

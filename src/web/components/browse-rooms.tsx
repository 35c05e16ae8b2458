import { useEffect, useState } from 'preact/hooks'
import { client } from '../state/chat.ts'
import { fails } from '../state/failures.ts'
import { dialog } from '../state/panes.ts'
import { findRooms, type PublicRoom } from '../state/public-rooms.ts'
import { go, roomPath } from '../state/route.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Empty } from './empty.tsx'

/** All public rooms: what they are about, and a way in. */
export function BrowseRooms({ onClose }: { onClose: () => void }) {
  const [found, show] = useState<readonly PublicRoom[] | undefined>(undefined)
  useEffect(() => {
    findRooms().then(show, (error: unknown) => {
      onClose()
      fails(error)
    })
  }, [])
  const enter = async ({ id, joined }: PublicRoom) => {
    try {
      if (!joined) await client.value?.join(id)
      onClose()
      go(roomPath(id))
    } catch (error) {
      fails(error)
    }
  }
  return (
    <Dialog title={words.browse.title} onClose={onClose}>
      {found?.length === 0 ? (
        <Empty title={words.browse.none}>
          <Button look="main" onClick={() => (dialog.value = { ask: 'new-room' })}>
            {words.rooms.create}
          </Button>
        </Empty>
      ) : null}
      <ul class="found-rooms" aria-busy={found === undefined}>
        {found?.map((room) => (
          <li key={room.id}>
            <span>
              <strong>
                <bdi>{room.name}</bdi>
              </strong>
              <small dir="auto">
                {[room.members === undefined ? [] : words.browse.members(room.members), room.topic ?? []].flat().join(' · ')}
              </small>
            </span>
            <Button
              look={room.joined ? 'plain' : 'main'}
              onClick={() => void enter(room)}
              aria-label={`${room.joined ? words.browse.open : words.browse.join} ${room.name}`}
            >
              {room.joined ? words.browse.open : words.browse.join}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  )
}

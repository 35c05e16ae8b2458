import { useEffect } from 'preact/hooks'
import { me, rooms } from '../state/chat.ts'
import { lastRoom } from '../state/last-room.ts'
import { dialog } from '../state/panes.ts'
import { go, roomPath } from '../state/route.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'

const wide = matchMedia('(width >= 800px)')

/** No room is chosen. Where there is space for both panes, the room of the last visit opens by itself. */
export function Home() {
  useEffect(() => {
    const last = lastRoom(me.value)
    if (wide.matches && last !== undefined && rooms.value.has(last)) go(roomPath(last), true)
  }, [])
  if (rooms.value.size > 0) return <Empty title={words.rooms.pick} />
  // That there is no room yet is said by the list of rooms, which is always on the screen.
  return (
    <Empty title={words.rooms.noneHint}>
      <Button look="main" onClick={() => (dialog.value = { ask: 'new-room' })}>
        {words.rooms.create}
      </Button>
    </Empty>
  )
}

import { instance } from '../state/instance.ts'
import { dialog } from '../state/panes.ts'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'
import { MeBar } from './me-bar.tsx'
import { RoomList } from './room-list.tsx'

export const Sidebar = () => (
  <nav class="sidebar" aria-label={words.rooms.title}>
    <header class="sidebar-head">
      <a class="brand" href="/">
        <bdi>{instance}</bdi>
      </a>
      <IconButton icon="search" label={words.rooms.browse} onClick={() => (dialog.value = { ask: 'browse' })} />
    </header>
    <div class="sidebar-rooms">
      <RoomList />
    </div>
    <MeBar />
  </nav>
)

import { context } from '../state/panes.ts'
import { route } from '../state/route.ts'
import { words } from '../words.ts'
import { Banner } from './banner.tsx'
import { Conversation } from './conversation.tsx'
import { Dialogs } from './dialogs.tsx'
import { Home } from './home.tsx'
import { Inspector } from './inspector.tsx'
import { Logins } from './logins.tsx'
import { Members } from './members.tsx'
import { Sidebar } from './sidebar.tsx'

/** Three panes: rooms | conversation | context. Below 800 px one of them at a time. */
export function Shell() {
  const at = route.value
  return (
    <div class={`shell at-${at.page}${context.value === undefined ? '' : ' with-context'}`}>
      <a class="skip" href="#main">
        {words.skip}
      </a>
      <Sidebar />
      <main id="main" class="middle" tabIndex={-1}>
        {at.page === 'room' ? <Conversation key={at.room} room={at.room} /> : at.page === 'logins' ? <Logins /> : <Home />}
        {at.page === 'room' ? null : <Banner />}
      </main>
      {context.value === 'members' && at.page === 'room' ? <Members room={at.room} /> : null}
      {context.value === 'inspector' ? <Inspector /> : null}
      <Dialogs />
    </div>
  )
}

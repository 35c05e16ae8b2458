import { client, rooms, waiting } from '../state/chat.ts'
import { draftCount } from '../state/drafts.ts'
import { fails } from '../state/failures.ts'
import { call } from '../state/http.ts'
import { clearAndSignOut } from '../state/leaving.ts'
import { context, dialog } from '../state/panes.ts'
import { loadMembers, nameOf, roomName } from '../state/people.ts'
import { go } from '../state/route.ts'
import { words } from '../words.ts'
import { BrowseRooms } from './browse-rooms.tsx'
import { Button } from './button.tsx'
import { ChoosePeople } from './choose-people.tsx'
import { Confirm } from './confirm.tsx'
import { Dialog } from './dialog.tsx'
import { InviteLink } from './invite-link.tsx'
import { NewRoom } from './new-room.tsx'
import { SignInDialog } from './sign-in.tsx'

const close = (): void => {
  dialog.value = undefined
}

/** The one dialog that is open. */
export function Dialogs() {
  const open = dialog.value
  switch (open?.ask) {
    case undefined:
      return null
    case 'new-room':
      return <NewRoom onClose={close} />
    case 'browse':
      return <BrowseRooms onClose={close} />
    case 'direct':
      return <ChoosePeople onClose={close} />
    case 'add-member':
      return <ChoosePeople room={open.room} onClose={close} />
    case 'invite':
      return <InviteLink room={open.room} onClose={close} />
    case 'sign-in':
      return <SignInDialog onClose={close} />
    case 'sign-out':
      return <SignOut />
    case 'leave':
      return <Leave room={open.room} />
    case 'remove-member':
      return (
        <Confirm
          title={words.members.removeTitle(nameOf(open.account))}
          hint={words.members.removeHint}
          go={words.members.removeGo}
          onGo={() => void removeMember(open.room, open.account)}
          onClose={close}
        />
      )
    case 'remove-message':
      return (
        <Confirm
          title={words.message.removeTitle}
          hint={words.message.removeHint}
          go={words.message.remove}
          onGo={() => void client.value?.remove(open.room, open.message.seq).catch(fails)}
          onClose={close}
        >
          <blockquote class="quoted" dir="auto">
            {open.message.text?.slice(0, 300)}
          </blockquote>
        </Confirm>
      )
  }
}

const removeMember = (room: string, account: string): Promise<void> =>
  call('DELETE', `rooms/${room}/members/${account}`).then(() => loadMembers(room), fails)

function Leave({ room }: { room: string }) {
  const state = rooms.value.get(room)
  if (state === undefined) return null
  const leave = async () => {
    try {
      await client.value?.leave(room)
      context.value = undefined
      go('/', true)
    } catch (error) {
      fails(error)
    }
  }
  return (
    <Confirm
      title={words.members.leaveTitle(roomName(state))}
      hint={state.kind === 'public' ? words.members.leavePublic : words.members.leavePrivate}
      go={words.members.leaveGo}
      onGo={() => void leave()}
      onClose={close}
    />
  )
}

/** Only when something unsent lies here: what is to become of it. */
const SignOut = () => (
  <Dialog title={words.me.signOutTitle} onClose={close}>
    <p>{words.me.signOutHint(draftCount(), waiting.value)}</p>
    <footer>
      <Button onClick={close}>{words.cancel}</Button>
      <Button look="danger" onClick={() => void clearAndSignOut()}>
        {words.me.clear}
      </Button>
    </footer>
  </Dialog>
)

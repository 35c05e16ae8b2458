import { useEffect } from 'preact/hooks'
import type { RoomState } from '../../protocol/events.ts'
import { me, rooms } from '../state/chat.ts'
import { fails } from '../state/failures.ts'
import { dialog } from '../state/panes.ts'
import { loadMembers, type Member, membersOf, presenceOf } from '../state/people.ts'
import { session } from '../state/session.ts'
import { words } from '../words.ts'
import { Button, IconButton } from './button.tsx'
import { Face } from './face.tsx'
import { Icon } from './icon.tsx'
import { Panel } from './panel.tsx'
import { PresenceDot } from './presence-dot.tsx'

const order = { active: 0, away: 1, offline: 2 }
const byPresence = (one: Member, other: Member): number =>
  order[presenceOf(one.account.id)] - order[presenceOf(other.account.id)] || one.account.display.localeCompare(other.account.display)

/** Who is in the room: those who are here first. */
export function Members({ room }: { room: string }) {
  const state = rooms.value.get(room)
  useEffect(() => {
    void loadMembers(room).catch(fails)
  }, [room])
  if (state === undefined) return null
  const mayManage = state.kind !== 'direct' && (state.role !== 'member' || session.value?.account.role === 'admin')
  return (
    <Panel title={words.members.title}>
      {mayManage || state.kind === 'private' ? (
        <Button class="button plain wide" onClick={() => (dialog.value = { ask: 'add-member', room })}>
          <Icon name="plus" />
          {words.members.add}
        </Button>
      ) : null}
      {mayManage ? (
        <Button class="button plain wide" onClick={() => (dialog.value = { ask: 'invite', room })}>
          <Icon name="link" />
          {words.invite.title}
        </Button>
      ) : null}
      <ul class="people">
        {[...membersOf(room)].sort(byPresence).map((member) => (
          <Person key={member.account.id} member={member} state={state} mayRemove={mayManage && member.account.id !== me.value} />
        ))}
      </ul>
      {state.kind === 'direct' ? null : (
        <Button look="quiet" class="button quiet leave" onClick={() => (dialog.value = { ask: 'leave', room })}>
          <Icon name="leave" />
          {words.members.leave}
        </Button>
      )}
    </Panel>
  )
}

const Person = ({ member: { account, role }, state, mayRemove }: { member: Member; state: RoomState; mayRemove: boolean }) => (
  <li class="person">
    <Face account={account.id} small />
    <PresenceDot account={account.id} />
    <span class="person-name">
      <bdi>{account.display}</bdi>
      {account.id === me.value ? <span class="quiet"> ({words.you})</span> : null}
    </span>
    {words.members.role[role] === '' ? null : <span class="quiet">{words.members.role[role]}</span>}
    {mayRemove ? (
      <IconButton
        icon="close"
        label={words.members.remove(account.display)}
        onClick={() => (dialog.value = { ask: 'remove-member', room: state.id, account: account.id })}
      />
    ) : null}
  </li>
)

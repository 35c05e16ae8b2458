import { useEffect, useState } from 'preact/hooks'
import type { Account, RoomState } from '../../protocol/events.ts'
import { me } from '../state/chat.ts'
import { call, Problem } from '../state/http.ts'
import { findPeople, loadMembers, membersOf } from '../state/people.ts'
import { go, roomPath } from '../state/route.ts'
import { words } from '../words.ts'
import { Dialog } from './dialog.tsx'
import { Face } from './face.tsx'
import { Field } from './field.tsx'

/** Picks one person: for a direct message, or into `room`. */
export function ChoosePeople({ room, onClose }: { room?: string; onClose: () => void }) {
  const [prefix, ask] = useState('')
  const [found, show] = useState<readonly Account[] | undefined>(undefined)
  const [fault, say] = useState('')
  useEffect(() => {
    let current = true
    findPeople(prefix.trim()).then(
      (given) => current && show(given),
      () => current && say(words.unreachable),
    )
    return () => {
      current = false
    }
  }, [prefix])
  const inside = new Set(room === undefined ? [me.value] : membersOf(room).map(({ account }) => account.id))
  const offered = found?.filter(({ id }) => !inside.has(id))
  const choose = async ({ id }: Account) => {
    try {
      if (room === undefined) {
        const made = await call<RoomState>('POST', 'rooms/direct', { accounts: [id] })
        go(roomPath(made.id))
      } else {
        await call('POST', `rooms/${room}/members`, { account: id })
        await loadMembers(room)
      }
      onClose()
    } catch (error) {
      say(error instanceof Problem && error.message !== '' ? error.message : words.unreachable)
    }
  }
  return (
    <Dialog title={room === undefined ? words.rooms.message : words.members.add} onClose={onClose}>
      <Field label={words.people.find} value={prefix} onValue={ask} fault={fault} autofocus autocomplete="off" />
      <ul class="people choose">
        {offered?.slice(0, 20).map((account) => (
          <li key={account.id}>
            <button type="button" class="person" onClick={() => void choose(account)}>
              <Face account={account.id} small />
              <span class="person-name">
                <bdi>{account.display}</bdi>{' '}
                <span class="quiet">
                  @<bdi>{account.name}</bdi>
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {offered?.length === 0 ? <p class="quiet">{words.people.none}</p> : null}
      <p class="quiet">{words.people.hint}</p>
    </Dialog>
  )
}

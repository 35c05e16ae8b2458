import { useState } from 'preact/hooks'
import type { RoomState } from '../../protocol/events.ts'
import { call, Problem } from '../state/http.ts'
import { go, roomPath } from '../state/route.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'

export function NewRoom({ onClose }: { onClose: () => void }) {
  const [name, rename] = useState('')
  const [kind, choose] = useState<'public' | 'private'>('public')
  const [fault, say] = useState('')
  const make = async (event: Event) => {
    event.preventDefault()
    try {
      const room = await call<RoomState>('POST', 'rooms', { name: name.trim(), kind })
      onClose()
      go(roomPath(room.id))
    } catch (error) {
      say(error instanceof Problem && error.message !== '' ? error.message : words.unreachable)
    }
  }
  return (
    <Dialog title={words.create.title} onClose={onClose}>
      <form onSubmit={(event) => void make(event)}>
        <Field label={words.create.name} value={name} onValue={rename} fault={fault} required autofocus maxLength={80} autocomplete="off" />
        <fieldset class="choices">
          <legend class="hidden">{words.create.title}</legend>
          <Choice
            title={words.create.public}
            hint={words.create.publicHint}
            checked={kind === 'public'}
            onChoose={() => choose('public')}
          />
          <Choice
            title={words.create.private}
            hint={words.create.privateHint}
            checked={kind === 'private'}
            onChoose={() => choose('private')}
          />
        </fieldset>
        <footer>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button look="main" type="submit">
            {words.create.go}
          </Button>
        </footer>
      </form>
    </Dialog>
  )
}

const Choice = ({ title, hint, checked, onChoose }: { title: string; hint: string; checked: boolean; onChoose: () => void }) => (
  <label class="choice">
    <input type="radio" name="kind" checked={checked} onChange={onChoose} />
    <span>
      <strong>{title}</strong>
      <small>{hint}</small>
    </span>
  </label>
)

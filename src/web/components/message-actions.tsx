import { useId } from 'preact/hooks'
import type { MessageEvent, RoomState } from '../../protocol/events.ts'
import { announce } from '../state/announcer.ts'
import { me } from '../state/chat.ts'
import { edit, replyTo } from '../state/composing.ts'
import { dialog } from '../state/panes.ts'
import { roomPath } from '../state/route.ts'
import { session } from '../state/session.ts'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'
import { EmojiGrid } from './emoji-grid.tsx'
import { Icon } from './icon.tsx'

/** What can be done with one message by me. The server checks again. */
export function MessageActions({ state, message }: { state: RoomState; message: MessageEvent }) {
  const grid = useId()
  const mine = message.by === me.value
  const mayRemove = mine || state.role !== 'member' || session.value?.account.role === 'admin'
  const copyLink = () => {
    const link = new URL(roomPath(state.id, message.seq), location.origin).href
    void navigator.clipboard.writeText(link).then(() => announce(words.room.linkCopied))
  }
  return (
    <div class="actions" role="toolbar" aria-label={words.message.actions}>
      {state.archived ? null : (
        <>
          <button type="button" class="icon-button" popovertarget={grid} aria-label={words.message.react} title={words.message.react}>
            <Icon name="smile" />
          </button>
          <EmojiGrid id={grid} room={state.id} message={message} />
          <IconButton icon="reply" label={words.message.reply} onClick={() => replyTo(message)} />
          {mine ? <IconButton icon="edit" label={words.message.edit} onClick={() => edit(message)} /> : null}
        </>
      )}
      <IconButton icon="link" label={words.room.copyLink} onClick={copyLink} />
      {mayRemove && !state.archived ? (
        <IconButton
          icon="remove"
          label={words.message.remove}
          onClick={() => (dialog.value = { ask: 'remove-message', room: state.id, message })}
        />
      ) : null}
    </div>
  )
}

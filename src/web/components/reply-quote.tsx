import { messageAt } from '../state/conversation.ts'
import { nameOf } from '../state/people.ts'
import { roomPath } from '../state/route.ts'
import { words } from '../words.ts'
import { Icon } from './icon.tsx'

/** What a message answers: one line that leads to it. */
export function ReplyQuote({ room, seq }: { room: string; seq: number }) {
  const quoted = messageAt(seq)
  return (
    <a class="quote" href={roomPath(room, seq)}>
      <Icon name="reply" />
      {quoted === undefined ? (
        words.message.replyGone
      ) : (
        <>
          <bdi class="author">{nameOf(quoted.by)}</bdi>
          <span class="quote-text" dir="auto">
            {quoted.removed ? words.message.removed : quoted.text?.slice(0, 200)}
          </span>
        </>
      )}
    </a>
  )
}

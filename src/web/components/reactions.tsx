import type { MessageEvent } from '../../protocol/events.ts'
import { me } from '../state/chat.ts'
import { nameOf } from '../state/people.ts'
import { react } from '../state/reacting.ts'
import { words } from '../words.ts'

/** Who said what without words; a press joins in or takes mine back. */
export const Reactions = ({ room, message }: { room: string; message: MessageEvent }) => (
  <ul class="reactions">
    {message.reactions?.map(({ emoji, accounts }) => {
      const names = words.list(accounts.map((account) => (account === me.value ? words.you : nameOf(account))))
      return (
        <li key={emoji}>
          <button
            type="button"
            aria-pressed={accounts.includes(me.value)}
            aria-label={words.message.reaction(emoji, names)}
            title={names}
            onClick={() => react(room, message, emoji)}
          >
            {emoji} <span class="count" data-count={words.number(accounts.length)} />
          </button>
        </li>
      )
    })}
  </ul>
)

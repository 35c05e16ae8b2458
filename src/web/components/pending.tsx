import { prose } from '../markdown.ts'
import { announce } from '../state/announcer.ts'
import { client, me } from '../state/chat.ts'
import { nameOf } from '../state/people.ts'
import type { Row } from '../state/rows.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Face } from './face.tsx'
import { Icon } from './icon.tsx'
import { ReplyQuote } from './reply-quote.tsx'
import { Time } from './time.tsx'

type PendingRow = Extract<Row, { kind: 'pending' }>

/** A message of mine that the server has not confirmed: it is painted at once and never lost from sight. */
export function Pending({ row, tabbable }: { row: PendingRow; tabbable: boolean }) {
  const { item, head } = row
  return (
    <article
      class={`message pending ${item.state} ${head ? 'opens' : 'follows'}`}
      data-key={row.key}
      tabIndex={tabbable ? 0 : -1}
      aria-label={`${nameOf(me.value)}: ${item.text}. ${words.message[item.state]}`}
    >
      <div class="gutter">{head ? <Face account={me.value} /> : <Time at={item.at} />}</div>
      <div class="message-body">
        {head ? (
          <p class="byline">
            <bdi class="author">{nameOf(me.value)}</bdi> <Time at={item.at} />
          </p>
        ) : null}
        {item.replyTo === undefined ? null : <ReplyQuote room={item.room} seq={item.replyTo} />}
        <div class="prose" dir="auto">
          {prose(item.text)}
          {item.state === 'failed' ? null : <Progress state={item.state} />}
        </div>
        {item.state === 'failed' ? <Failed row={row} /> : null}
      </div>
    </article>
  )
}

const Progress = ({ state }: { state: 'waiting' | 'sending' }) => (
  <span class="after progress" title={words.message[state]}>
    {state === 'waiting' ? <Icon name="clock" /> : <span class="ring" />}
    <span class="hidden">{words.message[state]}</span>
  </span>
)

/** Why, in words, and everything that can be done about it. */
function Failed({ row: { item } }: { row: PendingRow }) {
  const box = client.value?.outbox
  const others = box?.items(item.room).filter(({ state }) => state === 'failed').length ?? 0
  const copy = () => void navigator.clipboard.writeText(item.text).then(() => announce(words.copied))
  return (
    <div class="failed-words">
      <p>
        <Icon name="failed" />
        {words.message.failed} {item.refusal?.message ?? words.unreachable}
      </p>
      <div class="failed-actions">
        <Button look="quiet" onClick={() => box?.retry(item.key)}>
          {words.message.retry}
        </Button>
        {others > 1 ? (
          <Button look="quiet" onClick={() => box?.retryAll(item.room)}>
            {words.message.retryAll}
          </Button>
        ) : null}
        <Button look="quiet" onClick={copy}>
          {words.copy}
        </Button>
        <Button look="quiet" onClick={() => void box?.discard(item.key)}>
          {words.message.discard}
        </Button>
      </div>
    </div>
  )
}

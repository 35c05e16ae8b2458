import { useComputed, useSignal } from '@preact/signals'
import type { MessageEvent, RoomState } from '../../protocol/events.ts'
import { prose } from '../markdown.ts'
import { me } from '../state/chat.ts'
import { target } from '../state/conversation.ts'
import { nameOf, people } from '../state/people.ts'
import type { Row } from '../state/rows.ts'
import { words } from '../words.ts'
import { Face } from './face.tsx'
import { Icon } from './icon.tsx'
import { MessageActions } from './message-actions.tsx'
import { Reactions } from './reactions.tsx'
import { ReplyQuote } from './reply-quote.tsx'
import { Time } from './time.tsx'

type MessageRow = Extract<Row, { kind: 'message' }>

/** One message, in its present form. Its actions are in the document only while it is pointed at or has the focus. */
export function Message({ row, state, tabbable }: { row: MessageRow; state: RoomState; tabbable: boolean }) {
  const { message, head } = row
  const pointed = useSignal(false)
  const focused = useSignal(false)
  const mentioned = message.mentions?.includes(me.value) ?? false
  const found = useComputed(() => target.value === message.seq)
  const id = `m${message.seq}`
  const classes = ['message', head ? 'opens' : 'follows', mentioned ? 'for-me' : '', found.value ? 'found' : ''].join(' ')
  return (
    <article
      class={classes}
      data-key={row.key}
      tabIndex={tabbable ? 0 : -1}
      aria-labelledby={`${id}-by ${id}-at ${id}-text`}
      onPointerEnter={() => (pointed.value = true)}
      onPointerLeave={() => (pointed.value = false)}
      onFocusIn={() => (focused.value = true)}
      onFocusOut={(event) => (focused.value = event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget))}
    >
      <div class="gutter">{head ? <Face account={message.by} /> : <Time at={message.at} />}</div>
      <div class="message-body">
        <p class={head ? 'byline' : 'hidden'}>
          <bdi id={`${id}-by`} class="author">
            {nameOf(message.by)}
          </bdi>{' '}
          <Time at={message.at} id={`${id}-at`} />
        </p>
        {message.replyTo === undefined ? null : <ReplyQuote room={state.id} seq={message.replyTo} />}
        <Text id={`${id}-text`} message={message} sent={row.lastOfMine} />
        {message.reactions === undefined || message.reactions.length === 0 ? null : <Reactions room={state.id} message={message} />}
      </div>
      {(pointed.value || focused.value) && !message.removed ? <MessageActions state={state} message={message} /> : null}
    </article>
  )
}

const Text = ({ id, message, sent }: { id: string; message: MessageEvent; sent: boolean }) => {
  if (message.removed || message.text === undefined) {
    return (
      <p id={id} class="gone">
        {words.message.removed}
      </p>
    )
  }
  return (
    <div id={id} class="prose" dir="auto">
      {prose(message.text, (name) => mentionIn(message, name))}
      {message.edited ? <small class="edited"> ({words.message.edited})</small> : null}
      {sent ? (
        <span class="after sent" title={words.message.sent}>
          <Icon name="check" />
          <span class="hidden">{words.message.sent}</span>
        </span>
      ) : null}
    </div>
  )
}

/** Only those whom the server took the message to mean. */
function mentionIn(message: MessageEvent, name: string): { display: string; me: boolean } | undefined {
  const asked = name.toLowerCase()
  const account = message.mentions?.find((id) => people.value.get(id)?.name.toLowerCase() === asked)
  return account === undefined ? undefined : { display: nameOf(account), me: account === me.value }
}

import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { RoomState } from '../../protocol/events.ts'
import { line } from '../state/chat.ts'
import { composing, editLast, focusComposer, giveUp, send, type } from '../state/composing.ts'
import { messageAt } from '../state/conversation.ts'
import { askedBefore, suggest } from '../state/mentions.ts'
import { membersOf, nameOf, roomName } from '../state/people.ts'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'
import { MentionList } from './mention-list.tsx'

const usualLength = 8_000
const touch = matchMedia('(pointer: coarse)')

/** Where one writes. Enter sends, unless an input method is composing or this is a touch keyboard. */
export function Composer({ state }: { state: RoomState }) {
  const field = useRef<HTMLTextAreaElement>(null)
  const id = useId()
  const [chosen, choose] = useState(0)
  const [asked, ask] = useState<ReturnType<typeof askedBefore>>(undefined)
  const { text, editing } = composing.value
  const found = asked === undefined ? [] : suggest(membersOf(state.id), asked.prefix)
  const limit = line.value.state === 'live' ? line.value.welcome.limits.textLength : usualLength

  useEffect(() => {
    if (focusComposer.value > 0 || !touch.matches) field.current?.focus()
  }, [focusComposer.value, state.id])

  const complete = (name: string) => {
    if (asked === undefined || field.current === null) return
    const caret = field.current.selectionStart
    const before = `${text.slice(0, asked.from)}@${name} `
    type(before + text.slice(caret))
    ask(undefined)
    requestAnimationFrame(() => field.current?.setSelectionRange(before.length, before.length))
  }
  const typed = (event: InputEvent & { currentTarget: HTMLTextAreaElement }) => {
    type(event.currentTarget.value)
    ask(askedBefore(event.currentTarget.value, event.currentTarget.selectionStart))
    choose(0)
  }
  const inList = (event: KeyboardEvent): boolean => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) choose((chosen + step + found.length) % found.length)
    else if (event.key === 'Escape') ask(undefined)
    else if (event.key === 'Enter' || event.key === 'Tab') complete(found[chosen]?.account.name ?? '')
    else return false
    return true
  }
  const pressed = (event: KeyboardEvent) => {
    // 229: Safari ends a composition before it reports the Enter that ended it.
    if (event.isComposing || event.keyCode === 229) return
    const handled = found.length > 0 ? inList(event) : pressedAlone(event, text)
    if (handled) event.preventDefault()
  }
  const tooLong = tooLongBy(text, limit)

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        if (tooLong <= 0) send()
        field.current?.focus()
      }}
    >
      <About />
      {found.length === 0 ? null : <MentionList id={id} members={found} chosen={chosen} onChoose={complete} />}
      <div class="composer-line">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          value={text}
          aria-label={words.composer.label(roomName(state))}
          placeholder={words.composer.label(roomName(state))}
          aria-autocomplete="list"
          aria-describedby={`${id}-hint`}
          {...(found.length === 0 ? {} : { 'aria-controls': id, 'aria-activedescendant': `${id}-${chosen}` })}
          enterkeyhint={touch.matches ? 'enter' : 'send'}
          onInput={typed}
          onKeyDown={pressed}
          onBlur={() => ask(undefined)}
        />
        <button
          type="submit"
          class="icon-button send"
          aria-label={editing === undefined ? words.composer.send : words.composer.save}
          disabled={text.trim() === '' || tooLong > 0}
        >
          <Icon name={editing === undefined ? 'send' : 'check'} />
        </button>
      </div>
      <p class={tooLong > 0 ? 'composer-foot over' : 'composer-foot'} id={`${id}-hint`}>
        {tooLong > -limit / 10 ? <span>{words.composer.left(-tooLong)}</span> : <span class="hint">{words.composer.hint}</span>}
      </p>
    </form>
  )
}

/** @returns true when the key meant something other than typing. */
function pressedAlone(event: KeyboardEvent, text: string): boolean {
  if (event.key === 'Escape') return giveUp()
  if (event.key === 'ArrowUp' && text === '') return editLast()
  const asksToSend = event.key === 'Enter' && !event.shiftKey && !event.altKey && (!touch.matches || event.ctrlKey || event.metaKey)
  if (asksToSend && event.target instanceof HTMLTextAreaElement) event.target.form?.requestSubmit()
  return asksToSend
}

/** Code points over the limit; negative = left. */
const tooLongBy = (text: string, limit: number): number => (text.length < limit * 0.9 ? -limit : [...text].length - limit)

/** What this text is: a reply, or a change to an old message. */
function About() {
  const { editing, replyTo } = composing.value
  if (editing === undefined && replyTo === undefined) return null
  const quoted = replyTo === undefined ? undefined : messageAt(replyTo)
  return (
    <p class="composer-about">
      <Icon name={editing === undefined ? 'reply' : 'edit'} />
      <span class="room-name">
        {editing === undefined
          ? words.message.replyTo(quoted === undefined ? words.message.replyGone : nameOf(quoted.by))
          : words.composer.editing}
      </span>
      <IconButton icon="close" label={words.cancel} onClick={giveUp} />
    </p>
  )
}

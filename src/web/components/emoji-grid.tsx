import type { TargetedToggleEvent } from 'preact'
import { useRef } from 'preact/hooks'
import type { MessageEvent } from '../../protocol/events.ts'
import { react } from '../state/reacting.ts'
import { words } from '../words.ts'

/** The ones people use; a name each, for those who hear them. */
const emoji: readonly (readonly [string, string])[] = [
  ['👍', 'thumbs up'],
  ['👎', 'thumbs down'],
  ['❤️', 'heart'],
  ['😂', 'tears of joy'],
  ['🎉', 'party'],
  ['🙏', 'thank you'],
  ['👀', 'eyes'],
  ['✅', 'done'],
  ['❌', 'no'],
  ['➕', 'plus one'],
  ['💯', 'hundred'],
  ['🔥', 'fire'],
  ['🚀', 'rocket'],
  ['👏', 'applause'],
  ['🤔', 'thinking'],
  ['😄', 'smile'],
  ['😅', 'relieved'],
  ['😢', 'sad'],
  ['😮', 'surprised'],
  ['😡', 'angry'],
  ['🤝', 'agreed'],
  ['💡', 'idea'],
  ['🐛', 'bug'],
  ['☕', 'coffee'],
]

const columns = 6

/** Opened from a message's actions; arrows walk over the grid, Esc closes it. */
export function EmojiGrid({ id, room, message }: { id: string; room: string; message: MessageEvent }) {
  const box = useRef<HTMLFieldSetElement>(null)
  const opened = (event: TargetedToggleEvent<HTMLFieldSetElement>) => {
    if (event.newState !== 'open') return
    place(event.currentTarget)
    event.currentTarget.querySelector('button')?.focus()
  }
  const choose = (given: string) => {
    box.current?.hidePopover()
    react(room, message, given)
  }
  return (
    <fieldset id={id} ref={box} class="menu emoji-grid" popover="auto" aria-label={words.message.emoji} onToggle={opened} onKeyDown={walk}>
      {emoji.map(([given, name]) => (
        <button key={given} type="button" title={name} aria-label={name} onClick={() => choose(given)}>
          {given}
        </button>
      ))}
    </fieldset>
  )
}

/** Beside the button that opened it, inside the window. */
function place(grid: HTMLElement): void {
  const at = grid.parentElement?.getBoundingClientRect()
  if (at === undefined) return
  const { width, height } = grid.getBoundingClientRect()
  grid.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`
  grid.style.top = `${at.top - height - 4 > 8 ? at.top - height - 4 : Math.min(at.bottom + 4, innerHeight - height - 8)}px`
}

function walk(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key]
  if (step === undefined || !(event.currentTarget instanceof Element)) return
  const buttons = [...event.currentTarget.querySelectorAll('button')]
  const at = buttons.findIndex((button) => button.matches(':focus'))
  buttons[at + step]?.focus()
  event.preventDefault()
  event.stopPropagation()
}

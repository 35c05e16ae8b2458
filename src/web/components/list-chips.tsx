import { client, serverNow } from '../state/chat.ts'
import { timeline, visit } from '../state/conversation.ts'
import { excerpt } from '../state/excerpt.ts'
import { atEnd } from '../state/reading.ts'
import type { Row } from '../state/rows.ts'
import { dayName, shortTime } from '../state/times.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

/** The day of the topmost message; for eyes only, each day has its own line in the list. */
export function TopDay({ row }: { row: Row | undefined }) {
  const at = row?.kind === 'message' ? row.message.at : row?.kind === 'notice' ? row.event.at : undefined
  if (at === undefined || atEnd.value) return null
  return (
    <div class="top-day" aria-hidden="true">
      {dayName(at, serverNow())}
    </div>
  )
}

/** What is new begins above the screen, or is not even loaded. */
export function NewAbove({ rows, topRow, onShow }: { rows: readonly Row[]; topRow: number; onShow: () => void }) {
  const from = visit.value
  const shown = timeline.value?.of
  if (from?.newAfter === undefined || from.unread === 0 || shown === undefined || rows.length === 0) return null
  const line = rows.findIndex(({ kind }) => kind === 'new')
  if (line >= topRow || (line < 0 && shown.complete)) return null
  const oldest = line < 0 ? undefined : shown.messages.find(({ seq }) => seq > from.read)
  const dismiss = () => {
    visit.value = { ...from, unread: 0 }
    void client.value?.read(from.room, shown.last).catch(() => undefined)
  }
  return (
    <div class="new-above">
      <span>{words.room.newAbove(from.unread, oldest === undefined ? '' : shortTime(oldest.at, serverNow()))}</span>
      <Button look="quiet" onClick={onShow}>
        {words.room.jumpToNew}
      </Button>
      <Button look="quiet" onClick={dismiss}>
        {words.room.markRead}
      </Button>
    </div>
  )
}

/** More than a screen away from the newest. */
export function LatestButton({ away, missed, onGo }: { away: boolean; missed: number; onGo: () => void }) {
  const part = excerpt.value !== undefined
  if (!away && !part) return null
  return (
    <div class="latest">
      {part ? <span class="quiet">{words.room.excerpt}</span> : null}
      <Button class={missed > 0 ? 'button latest-button new' : 'button latest-button'} onClick={onGo}>
        <Icon name="down" />
        {missed > 0 ? words.room.latestNew(missed) : words.room.latest}
      </Button>
    </div>
  )
}

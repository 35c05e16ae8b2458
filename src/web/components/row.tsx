import type { RoomEvent, RoomState } from '../../protocol/events.ts'
import { serverNow } from '../state/chat.ts'
import { nameOf, roomName } from '../state/people.ts'
import type { Row } from '../state/rows.ts'
import { dayName, fullTime, isoTime } from '../state/times.ts'
import { words } from '../words.ts'
import { Empty } from './empty.tsx'
import { Message } from './message.tsx'
import { Pending } from './pending.tsx'
import { Time } from './time.tsx'

/** One line of the log. */
export function RowView({ row, state, tabbable }: { row: Row; state: RoomState; tabbable: boolean }) {
  switch (row.kind) {
    case 'start':
      return <Empty title={words.room.start(roomName(state))} hint={row.empty ? words.room.startHint : ''} />
    case 'day':
      return <Day at={row.at} />
    case 'new':
      return (
        <div class="new-line">
          <hr aria-label={words.room.new} />
          <span aria-hidden="true">{words.room.new}</span>
        </div>
      )
    case 'notice':
      return <Notice event={row.event} />
    case 'message':
      return <Message row={row} state={state} tabbable={tabbable} />
    case 'pending':
      return <Pending row={row} tabbable={tabbable} />
  }
}

const Day = ({ at }: { at: number }) => (
  <div class="day">
    <time dateTime={isoTime(at).slice(0, 10)} title={fullTime(at)}>
      {dayName(at, serverNow())}
    </time>
  </div>
)

const Notice = ({ event }: { event: RoomEvent }) => (
  <p class="notice-line">
    <bdi>{noticeWords(event)}</bdi> <Time at={event.at} />
  </p>
)

function noticeWords(event: RoomEvent): string {
  const by = nameOf(event.by)
  switch (event.kind) {
    case 'joined':
      return words.notice.joined(nameOf(event.account))
    case 'left':
      return event.why === 'left' ? words.notice.left(nameOf(event.account)) : words.notice.removed(nameOf(event.account), by)
    case 'renamed':
      return words.notice.renamed(by, event.name)
    case 'topic':
      return words.notice.topic(by, event.topic)
    case 'archived':
      return words.notice.archived(by, event.on)
    default:
      return ''
  }
}

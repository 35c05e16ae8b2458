import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { RoomState } from '../../protocol/events.ts'
import { reveal, rows, target, timeline, toLatest, visit } from '../state/conversation.ts'
import { excerpt } from '../state/excerpt.ts'
import { ListPosition } from '../state/list-position.ts'
import { roomName } from '../state/people.ts'
import { words } from '../words.ts'
import { copyMessages } from './copying.ts'
import { LatestButton, NewAbove, TopDay } from './list-chips.tsx'
import { focusSoon, useRoving } from './roving.ts'
import { RowView } from './row.tsx'

/** px of a row that has not been measured yet. */
const guess = 44

/**
 * The log of a room. Only the rows near the screen are in the document, so ten thousand messages cost what forty cost. It is not a
 * live region: the announcer says what is new, and not what was merely loaded.
 */
export function MessageList({ state }: { state: RoomState }) {
  const list = useRef<VirtualizerHandle>(null)
  const box = useRef<HTMLDivElement>(null)
  const position = useMemo(() => new ListPosition(), [])
  const given = rows.value
  const older = position.isOlderAbove(given)
  const roving = useRoving({ list, box, rows: given })
  const wanted = target.value
  const live = excerpt.value === undefined

  useLayoutEffect(() => {
    position.list = list.current
    position.drawn(given)
  }, [given, live])
  useLayoutEffect(() => () => position.leave(), [])

  useLayoutEffect(() => {
    const at = given.findIndex((row) => row.kind === 'message' && row.message.seq === wanted)
    if (wanted === undefined || at < 0) return
    position.toRow(at)
    return focusSoon(box, given[at]?.key ?? '')
  }, [wanted, given.length === 0, live])

  const toEnd = () => {
    toLatest()
    requestAnimationFrame(() => position.toEnd())
  }
  const toNew = () => {
    if (visit.value !== undefined) void reveal(visit.value.read)
  }

  return (
    <div class="list-frame">
      <div
        ref={box}
        class="list"
        role="log"
        aria-live="off"
        aria-label={words.room.messages(roomName(state))}
        aria-busy={timeline.value === undefined}
        onKeyDown={roving.press}
        onCopy={(event) => copyMessages(event, event.currentTarget, given)}
        onFocusIn={roving.focused}
        onWheel={() => position.taken()}
        onTouchMove={() => position.taken()}
      >
        <div class="list-space" />
        <Virtualizer
          key={live ? 'live' : 'excerpt'}
          ref={list}
          scrollRef={box}
          data={given}
          shift={older}
          itemSize={guess}
          bufferSize={400}
          keepMounted={roving.keep}
          onScroll={() => position.scrolled()}
          onResize={() => position.resized()}
        >
          {(row) => <RowView key={row.key} row={row} state={state} tabbable={row.key === roving.key} />}
        </Virtualizer>
      </div>
      <TopDay row={given[position.topRow.value]} />
      <NewAbove rows={given} topRow={position.topRow.value} onShow={toNew} />
      <LatestButton away={position.away.value} missed={position.missed.value} onGo={toEnd} />
    </div>
  )
}

import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Welcome } from '../../protocol/server-frames.ts'
import { closeWords } from '../close-words.ts'
import { idleEnd } from '../state/activity.ts'
import { announce } from '../state/announcer.ts'
import { breaks, line, rooms, serverNow, waiting } from '../state/chat.ts'
import { timeline } from '../state/conversation.ts'
import { diagnostics, openTimelines } from '../state/diagnostics.ts'
import { lineWords } from '../state/line-words.ts'
import { roomName } from '../state/people.ts'
import { measure, trips } from '../state/pulse.ts'
import { session } from '../state/session.ts'
import { shortTime } from '../state/times.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Panel } from './panel.tsx'
import { Sparkline } from './sparkline.tsx'
import { Time } from './time.tsx'

/** The connection and the login as they are, in figures: nothing here is decoration. */
export function Inspector() {
  useEffect(measure, [])
  const [copied, tell] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(diagnostics())
    tell(true)
    announce(words.inspector.copied)
  }
  const live = line.value.state === 'live' ? line.value.welcome : undefined
  return (
    <Panel title={words.inspector.title}>
      <p class="inspector-state">
        <span class={`status-dot ${lineWords.value.look}`} aria-hidden="true" /> {lineWords.value.words}
      </p>
      {live === undefined ? null : <Live welcome={live} />}
      <OpenRooms />
      <dl class="figures">
        <Figure name={words.inspector.waiting}>{words.number(waiting.value)}</Figure>
      </dl>
      <Breaks />
      <Button class="button plain wide" onClick={() => void copy()}>
        {words.inspector.copy}
      </Button>
      {copied ? <p class="quiet">{words.inspector.copied}</p> : null}
      <a href="/logins">{words.me.logins}</a>
    </Panel>
  )
}

const Figure = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
)

function Live({ welcome }: { welcome: Welcome }) {
  const now = serverNow()
  const began = session.value?.login.createdAt
  const last = trips.value.at(-1)
  return (
    <dl class="figures">
      <Figure name={words.inspector.transport}>
        {location.protocol === 'https:' ? 'wss' : 'ws'} · {welcome.protocol}
      </Figure>
      <Figure name={words.inspector.node}>{welcome.node}</Figure>
      <Figure name={words.inspector.connection}>
        <code>{welcome.connection}</code>
      </Figure>
      <Figure name={words.inspector.ping}>
        {last === undefined ? '–' : words.inspector.ms(last)} <Sparkline values={trips.value} />
      </Figure>
      <Figure name={words.inspector.login}>
        {began === undefined ? null : (
          <>
            <Time at={began} text={shortTime(began, now)} /> –{' '}
          </>
        )}
        {words.inspector.ends} <Time at={welcome.login.expiresAt} text={shortTime(welcome.login.expiresAt, now)} />
        {idleEnd.value === undefined ? null : (
          <>
            , {words.inspector.idle} <Time at={idleEnd.value} text={shortTime(idleEnd.value, now)} />
          </>
        )}
      </Figure>
    </dl>
  )
}

/** Each open room's last number: they rise by one, so a hole would show. */
function OpenRooms() {
  // Read so that this is drawn again when the shown room moves.
  const shown = timeline.value?.of.room
  const open = openTimelines()
  if (open.length === 0) return null
  return (
    <>
      <h3>{words.inspector.messages}</h3>
      <dl class="figures">
        {open.map(({ room, last, live }) => (
          <Figure key={room} name={roomName(rooms.value.get(room) ?? { name: room, kind: 'public' })}>
            <span class={room === shown ? 'here' : ''}>#{words.number(last)}</span> ·{' '}
            {live ? words.inspector.noGaps : words.inspector.behind}
          </Figure>
        ))}
      </dl>
    </>
  )
}

const Breaks = () => (
  <>
    <h3>{words.inspector.breaks}</h3>
    {breaks.value.length === 0 ? <p class="quiet">{words.inspector.noBreaks}</p> : null}
    <ol class="breaks">
      {breaks.value.map(({ at, code, why }) => (
        <li key={at}>
          <Time at={at} /> {code === undefined ? why : `${code} ${closeWords(code)}`}
        </li>
      ))}
    </ol>
  </>
)

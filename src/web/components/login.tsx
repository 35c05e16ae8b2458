import { useState } from 'preact/hooks'
import { serverNow } from '../state/chat.ts'
import { askToSignOut } from '../state/leaving.ts'
import { endLogin, type LoginRow } from '../state/logins.ts'
import { dialog } from '../state/panes.ts'
import { lengthOf, shortTime } from '../state/times.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Time } from './time.tsx'

/** One login and what it holds open. */
export function Login({ login }: { login: LoginRow }) {
  const now = serverNow()
  const end = () => {
    if (!login.current) void endLogin(login.id)
    else if (askToSignOut()) dialog.value = { ask: 'sign-out' }
  }
  return (
    <li class={login.current ? 'login current' : 'login'}>
      <div class="login-words">
        <h2>
          <bdi>{login.label}</bdi>
          {login.current ? <span class="tag">{words.logins.this}</span> : null}
          {login.credential === 'token' ? <span class="tag">{words.logins.token}</span> : null}
        </h2>
        <dl>
          <dt>{words.logins.created}</dt>
          <dd>
            <Time at={login.createdAt} text={shortTime(login.createdAt, now)} />
          </dd>
          <dt>{words.logins.seen}</dt>
          <dd>
            <Time at={login.lastSeenAt} text={shortTime(login.lastSeenAt, now)} />
          </dd>
          <dt>{words.logins.address}</dt>
          <dd>
            <Address given={login.address} />
          </dd>
        </dl>
        <p class={login.connections.length > 0 ? 'connections live' : 'connections'}>
          {words.logins.connections(login.connections.length)}
        </p>
        <ul class="connections">
          {login.connections.map(({ id, node, since, lastFrameAt }) => (
            <li key={id}>
              {words.logins.connection(node)}, {words.logins.since} <Time at={since} text={shortTime(since, now)} />,{' '}
              {words.logins.lastFrame(lengthOf(now - lastFrameAt))}
            </li>
          ))}
        </ul>
      </div>
      <Button onClick={end} {...(login.current ? {} : { 'aria-label': words.logins.endLabel(login.label) })}>
        {login.current ? words.logins.endThis : words.logins.end}
      </Button>
    </li>
  )
}

/** Shown only when asked for: somebody may be looking over a shoulder. */
function Address({ given }: { given: string }) {
  const [shown, show] = useState(false)
  return (
    <>
      <span class="address">{shown ? given : '•••'}</span>{' '}
      <Button
        look="quiet"
        aria-pressed={shown}
        aria-label={`${shown ? words.logins.hide : words.logins.show} ${words.logins.address}`}
        onClick={() => show(!shown)}
      >
        {shown ? words.logins.hide : words.logins.show}
      </Button>
    </>
  )
}

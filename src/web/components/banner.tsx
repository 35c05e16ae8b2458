import { useEffect, useState } from 'preact/hooks'
import { idleEnd, stillHere } from '../state/activity.ts'
import { client, line, serverNow } from '../state/chat.ts'
import { failure } from '../state/failures.ts'
import { lineBanner } from '../state/line-words.ts'
import { dialog } from '../state/panes.ts'
import { clock } from '../state/times.ts'
import { words } from '../words.ts'
import { Button, IconButton } from './button.tsx'

/** ms before the end of a login at which it is announced (WCAG 2.2.1). */
const warnMs = 5 * 60_000

/** What a person should know but need not answer: the connection, the coming end of the login, the last failure. */
export const Banner = () => (
  <div class="banners">
    <div role="status">
      <Connection />
      <Expiry />
    </div>
    <Failure />
  </div>
)

function Connection() {
  const said = lineBanner.value
  if (said === undefined) return null
  return (
    <p class={`banner ${said.look}`}>
      <span>{said.words}</span>
      {said.tryNow ? (
        <Button look="quiet" onClick={() => client.value?.retryNow()}>
          {words.line.tryNow}
        </Button>
      ) : null}
    </p>
  )
}

function Expiry() {
  const [now, tick] = useState(serverNow)
  useEffect(() => {
    const timer = setInterval(() => tick(serverNow()), 10_000)
    return () => clearInterval(timer)
  }, [])
  if (line.value.state !== 'live') return null
  const { expiresAt } = line.value.welcome.login
  const idle = idleEnd.value
  if (expiresAt - now <= warnMs) {
    return (
      <p class="banner warn">
        <span>{words.expires.soon(clock(expiresAt))}</span>
        <Button look="quiet" onClick={() => (dialog.value = { ask: 'sign-in' })}>
          {words.expires.again}
        </Button>
      </p>
    )
  }
  if (idle === undefined || idle - now > warnMs) return null
  return (
    <p class="banner warn">
      <span>{words.expires.soon(clock(idle))}</span>
      <Button look="quiet" onClick={stillHere}>
        {words.expires.stay}
      </Button>
    </p>
  )
}

/** The alert region has already said it aloud. */
function Failure() {
  if (failure.value === '') return null
  return (
    <p class="banner bad">
      <span>{failure.value}</span>
      <IconButton icon="close" label={words.close} onClick={() => (failure.value = '')} />
    </p>
  )
}

import { useEffect, useRef, useState } from 'preact/hooks'
import { Problem } from '../state/http.ts'
import { endedWhy, session, signIn, startAnew } from '../state/session.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { useCountdown } from './countdown.ts'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'

/** The login is over: nothing of the chat is in the document any more. Signing in brings it back where it was. */
export const SignInAgain = () => (
  <main class="alone">
    <Dialog title={words.ended.title}>
      <p role="alert">{endedWhy.value}</p>
      <p class="quiet">{words.ended.kept}</p>
      <SignInForm />
      <Button look="quiet" onClick={() => startAnew('/login')}>
        {words.ended.other}
      </Button>
    </Dialog>
  </main>
)

/** Before the login ends: a new one, with nothing interrupted. */
export const SignInDialog = ({ onClose }: { onClose: () => void }) => (
  <Dialog title={words.expires.title} onClose={onClose}>
    <p class="quiet">{words.expires.hint}</p>
    <SignInForm onDone={onClose} />
  </Dialog>
)

function SignInForm({ onDone }: { onDone?: () => void }) {
  const [name, rename] = useState(session.value?.account.name ?? '')
  const [password, retype] = useState('')
  const [fault, say] = useState('')
  const [wait, pause] = useCountdown()
  const [shown, show] = useState(false)
  const summary = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (fault !== '') summary.current?.focus()
  }, [fault])
  const go = async (event: Event) => {
    event.preventDefault()
    say('')
    try {
      await signIn(name, password)
      onDone?.()
    } catch (error) {
      const problem = error instanceof Problem ? error : undefined
      retype('')
      if (problem?.status === 429) pause(problem.retryAfterMs ?? 1000)
      else say(problem?.status === 401 ? words.ended.wrong : problem?.message || words.unreachable)
    }
  }
  return (
    <form onSubmit={(event) => void go(event)}>
      {fault === '' ? null : (
        <div ref={summary} class="error" role="alert" tabIndex={-1}>
          {fault}
        </div>
      )}
      {wait <= 0 ? null : <p class="error">{words.ended.wait(wait)}</p>}
      <Field label={words.ended.name} value={name} onValue={rename} name="name" autocomplete="username webauthn" required />
      <Field
        label={words.ended.password}
        value={password}
        onValue={retype}
        name="password"
        secret={!shown}
        autocomplete="current-password"
        required
        autofocus
      />
      <label class="check">
        <input type="checkbox" checked={shown} onChange={(event) => show(event.currentTarget.checked)} />
        {words.ended.show}
      </label>
      <Button look="main" type="submit" class="button main wide" disabled={wait > 0}>
        {words.ended.go}
      </Button>
    </form>
  )
}

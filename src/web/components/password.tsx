import { useEffect, useRef, useState } from 'preact/hooks'
import { Problem } from '../state/http.ts'
import { changePassword } from '../state/logins.ts'
import { recheck, session } from '../state/session.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { useCountdown } from './countdown.ts'
import { Field } from './field.tsx'

/** A new password for the one that is known; all other logins end with the old one. */
export function Password() {
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [fault, say] = useState('')
  const [done, tell] = useState('')
  const [busy, setBusy] = useState(false)
  const [wait, pause] = useCountdown()
  const summary = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    if (fault !== '') summary.current?.focus()
  }, [fault])

  const refused = (error: unknown) => {
    const problem = error instanceof Problem ? error : undefined
    if (problem?.status === 429) return pause(problem.retryAfterMs ?? 1000)
    if (problem?.status !== 401) return say(problem?.message || words.unreachable)
    say(words.password.wrong)
    setCurrent('')
    // The same answer as to a login that is over: then this page finds out, and asks to sign in.
    void recheck()
  }

  const go = async (event: Event) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    say('')
    tell('')
    try {
      tell(await changePassword(current, next))
      setCurrent('')
      setNext('')
    } catch (error) {
      refused(error)
    }
    setBusy(false)
  }

  return (
    <section class="password" aria-labelledby="password">
      <h2 id="password">{words.password.title}</h2>
      <p class="quiet">{words.password.hint}</p>
      <form onSubmit={(event) => void go(event)}>
        {fault === '' ? null : (
          <p ref={summary} class="error" role="alert" tabIndex={-1}>
            {fault}
          </p>
        )}
        {wait <= 0 ? null : <p class="error">{words.ended.wait(wait)}</p>}
        {done === '' ? null : <p class="done">{done}</p>}
        {/* For programs that keep passwords: they ask whose it is. */}
        <input
          class="hidden"
          name="username"
          autocomplete="username"
          value={session.value?.account.name ?? ''}
          readOnly
          tabIndex={-1}
          aria-hidden="true"
        />
        <Field
          label={words.password.current}
          value={current}
          onValue={setCurrent}
          name="current"
          secret
          autocomplete="current-password"
          required
        />
        <Field
          label={words.password.next}
          hint={words.password.rule}
          value={next}
          onValue={setNext}
          name="next"
          secret
          autocomplete="new-password"
          required
        />
        <Button type="submit" disabled={wait > 0 || busy}>
          {words.password.go}
        </Button>
      </form>
    </section>
  )
}

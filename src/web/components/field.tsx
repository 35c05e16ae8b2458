import { useId } from 'preact/hooks'

interface Given {
  label: string
  value: string
  onValue: (value: string) => void
  /** What to know before typing. */
  hint?: string
  fault?: string
  secret?: boolean
  name?: string
  autocomplete?: 'off' | 'username webauthn' | 'current-password' | 'new-password'
  required?: boolean
  autofocus?: boolean
  maxLength?: number
}

/** A labelled line of text, with what it takes and what is wrong with it below. */
export function Field({ label, value, onValue, hint = '', fault = '', secret = false, ...rest }: Given) {
  const id = useId()
  const told = [hint === '' ? '' : `${id}-hint`, fault === '' ? '' : `${id}-fault`].filter(Boolean).join(' ')
  const all = {
    id,
    value,
    onInput: (event: { currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
    ...(fault === '' ? {} : { 'aria-invalid': true }),
    ...(told === '' ? {} : { 'aria-describedby': told }),
    ...rest,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {secret ? <input type="password" {...all} /> : <input type="text" dir="auto" {...all} />}
      {hint === '' ? null : <small id={`${id}-hint`}>{hint}</small>}
      {fault === '' ? null : (
        <p id={`${id}-fault`} class="fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  )
}

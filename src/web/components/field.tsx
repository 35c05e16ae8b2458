import { useId } from 'preact/hooks'

interface Given {
  label: string
  value: string
  onValue: (value: string) => void
  fault?: string
  secret?: boolean
  name?: string
  autocomplete?: 'off' | 'username webauthn' | 'current-password'
  required?: boolean
  autofocus?: boolean
  maxLength?: number
}

/** A labelled line of text, with what is wrong with it below. */
export function Field({ label, value, onValue, fault = '', secret = false, ...rest }: Given) {
  const id = useId()
  const all = {
    id,
    value,
    onInput: (event: { currentTarget: HTMLInputElement }) => onValue(event.currentTarget.value),
    ...(fault === '' ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-fault` }),
    ...rest,
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {secret ? <input type="password" {...all} /> : <input type="text" dir="auto" {...all} />}
      {fault === '' ? null : (
        <p id={`${id}-fault`} class="fault" role="alert">
          {fault}
        </p>
      )}
    </div>
  )
}

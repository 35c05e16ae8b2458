import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'

interface Given {
  title: string
  children: ComponentChildren
  /** Absent: it cannot be dismissed. */
  onClose?: () => void
}

/** The browser's own modal dialog: it traps focus, closes with Esc and gives focus back. */
export function Dialog({ title, children, onClose }: Given) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const before = document.activeElement
    const dialog = box.current
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const cancel = (event: Event) => {
    event.preventDefault()
    onClose?.()
  }
  const press = (event: MouseEvent) => {
    if (event.target === box.current) onClose?.()
  }
  return (
    // The backdrop's click is a shortcut; Esc and the close button do the same.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc comes as `cancel`
    <dialog ref={box} class="dialog" aria-labelledby={id} onCancel={cancel} onClick={press}>
      <div class="dialog-body">
        <header>
          <h2 id={id} dir="auto">
            {title}
          </h2>
          {onClose === undefined ? null : <IconButton icon="close" label={words.close} onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  )
}

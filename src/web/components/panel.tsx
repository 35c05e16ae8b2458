import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { context } from '../state/panes.ts'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'

/** The pane at the end side: beside the conversation where there is room, over it where there is not. Esc closes it. */
export function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const before = document.activeElement
    const pane = box.current
    pane?.focus()
    return () => {
      const now = document.activeElement
      // The pane may or may not be out of the document by now; the focus is not taken from anything else.
      if (before instanceof HTMLElement && (now === document.body || pane?.contains(now))) before.focus()
    }
  }, [])
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') context.value = undefined
  }
  return (
    <aside ref={box} class="panel" aria-labelledby={id} tabIndex={-1} onKeyDown={press}>
      <header class="head">
        <h2 id={id}>{title}</h2>
        <IconButton icon="close" label={words.close} onClick={() => (context.value = undefined)} />
      </header>
      <div class="panel-body">{children}</div>
    </aside>
  )
}

import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { context } from '../state/panes.ts'
import { words } from '../words.ts'
import { IconButton } from './button.tsx'

/** The pane at the end side: beside the conversation where there is room, over it where there is not. Esc closes it. */
export function Panel({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLElement>(null)
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    box.current?.focus()
    return () => {
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus()
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

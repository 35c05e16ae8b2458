import type { ComponentChildren } from 'preact'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface Given {
  title: string
  hint: string
  go: string
  children?: ComponentChildren
  onGo: () => void
  onClose: () => void
}

/** Asks once before something that cannot be undone. */
export const Confirm = ({ title, hint, go, children, onGo, onClose }: Given) => (
  <Dialog title={title} onClose={onClose}>
    {children}
    <p class="quiet">{hint}</p>
    <footer>
      <Button onClick={onClose}>{words.cancel}</Button>
      <Button
        look="danger"
        onClick={() => {
          onGo()
          onClose()
        }}
      >
        {go}
      </Button>
    </footer>
  </Dialog>
)

import { useState } from 'preact/hooks'
import { announce } from '../state/announcer.ts'
import { call, Problem } from '../state/http.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** A link for somebody who has no account yet. It is shown this once: the server keeps only its hash. */
export function InviteLink({ room, onClose }: { room: string; onClose: () => void }) {
  const [link, show] = useState('')
  const [fault, say] = useState('')
  const [copied, tell] = useState(false)
  const make = async () => {
    try {
      show((await call<{ url: string }>('POST', 'invites', { room })).url)
    } catch (error) {
      say(error instanceof Problem && error.message !== '' ? error.message : words.unreachable)
    }
  }
  const copy = async () => {
    await navigator.clipboard.writeText(link)
    tell(true)
    announce(words.copied)
  }
  return (
    <Dialog title={words.invite.title} onClose={onClose}>
      <p class="quiet">{words.invite.hint}</p>
      {fault === '' ? null : (
        <p class="error" role="alert">
          {fault}
        </p>
      )}
      {link === '' ? null : <code class="secret">{link}</code>}
      <footer>
        {link === '' ? (
          <Button look="main" onClick={() => void make()}>
            {words.invite.go}
          </Button>
        ) : (
          <Button look="main" onClick={() => void copy()}>
            {copied ? words.copied : words.copy}
          </Button>
        )}
      </footer>
    </Dialog>
  )
}

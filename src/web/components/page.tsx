import { useEffect, useState } from 'preact/hooks'
import { assertive, polite } from '../state/announcer.ts'
import { arrived, client, type Dial } from '../state/chat.ts'
import { lineBanner } from '../state/line-words.ts'
import { phase } from '../state/session.ts'
import { open } from '../state/start.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'
import { Shell } from './shell.tsx'
import { SignInAgain } from './sign-in.tsx'

/** What is on the screen: the chat, or the one thing that stands before it. Nothing of the chat exists beside the latter. */
export const Page = ({ dial }: { dial: Dial }) => (
  <>
    <Now dial={dial} />
    <div class="hidden" role="status" aria-live="polite">
      {polite}
    </div>
    <div class="hidden" role="alert">
      {assertive}
    </div>
  </>
)

function Now({ dial }: { dial: Dial }) {
  if (phase.value === 'ended') return <SignInAgain />
  if (phase.value === 'unreachable') {
    return (
      <main class="alone">
        <Empty title={words.unreachable}>
          <Button look="main" onClick={() => void open(dial)}>
            {words.tryAgain}
          </Button>
        </Empty>
      </main>
    )
  }
  return phase.value === 'in' && arrived.value ? <Shell /> : <Skeleton />
}

/** Nothing for 200 ms, then the outline of the page, which does not move; where no connection comes about, words. */
function Skeleton() {
  const [shown, show] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => show(true), 200)
    return () => clearTimeout(timer)
  }, [])
  if (!shown) return null
  const said = lineBanner.value
  if (said !== undefined) {
    return (
      <main class="alone">
        <Empty title={said.words}>
          {said.tryNow ? (
            <Button look="main" onClick={() => client.value?.retryNow()}>
              {words.line.tryNow}
            </Button>
          ) : null}
        </Empty>
      </main>
    )
  }
  return (
    <main class="skeleton" aria-busy="true" aria-label={words.loading}>
      <div class="rail" />
      <div class="bones">
        {[0, 1, 2, 3, 4].map((at) => (
          <div key={at} class="bone" />
        ))}
      </div>
    </main>
  )
}

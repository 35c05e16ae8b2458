import { useEffect } from 'preact/hooks'
import { fails } from '../state/failures.ts'
import { endLogin, lastEnding, loadLogins, logins } from '../state/logins.ts'
import { looking } from '../state/reading.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'
import { Icon } from './icon.tsx'
import { Login } from './login.tsx'
import { Password } from './password.tsx'

/** ms between looks at what the connections do. */
const lookEvery = 5_000

/** Every login of mine, with its live connections; any of them can be ended from here. */
export function Logins() {
  useEffect(() => {
    lastEnding.value = ''
    void loadLogins().catch(fails)
    const timer = setInterval(() => {
      if (looking.peek()) void loadLogins().catch(() => undefined)
    }, lookEvery)
    return () => clearInterval(timer)
  }, [])
  const all = logins.value
  return (
    <>
      <header class="head">
        <a class="icon-button back" href="/" aria-label={words.back} title={words.back}>
          <Icon name="back" />
        </a>
        <div class="head-words">
          <h1>{words.logins.title}</h1>
        </div>
      </header>
      <div class="sheet">
        <p class="quiet">{words.logins.hint}</p>
        {lastEnding.value === '' ? null : <p class="done">{lastEnding.value}</p>}
        <ul class="logins" aria-busy={all === undefined}>
          {all?.map((login) => (
            <Login key={login.id} login={login} />
          ))}
        </ul>
        {all?.length === 1 ? <Empty title={words.logins.only} /> : null}
        {(all?.length ?? 0) > 1 ? (
          <Button look="danger" onClick={() => void endLogin('others')}>
            {words.logins.endOthers}
          </Button>
        ) : null}
        <Password />
      </div>
    </>
  )
}

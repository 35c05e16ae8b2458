import { useId, useRef } from 'preact/hooks'
import { askToSignOut } from '../state/leaving.ts'
import { lineWords } from '../state/line-words.ts'
import { dialog, toggleContext } from '../state/panes.ts'
import { session } from '../state/session.ts'
import { setTheme, theme, themes } from '../state/theme.ts'
import { words } from '../words.ts'
import { Button } from './button.tsx'
import { Face } from './face.tsx'
import { Icon } from './icon.tsx'

/** The foot of the sidebar: who I am, and how the connection is. */
export function MeBar() {
  const account = session.value?.account
  const menu = useId()
  if (account === undefined) return null
  const { look, words: said } = lineWords.value
  return (
    <footer class="me-bar">
      <button type="button" class="me" popovertarget={menu} aria-label={words.me.menu(account.display)}>
        <Face account={account.id} small />
        <bdi class="room-name">{account.display}</bdi>
      </button>
      <button
        type="button"
        class="status"
        title={words.inspector.open(said)}
        aria-label={words.inspector.open(said)}
        onClick={() => toggleContext('inspector')}
      >
        <span class={`status-dot ${look}`} />
      </button>
      <Menu id={menu} name={account.name} />
    </footer>
  )
}

function Menu({ id, name }: { id: string; name: string }) {
  const box = useRef<HTMLDivElement>(null)
  const signOut = () => {
    box.current?.hidePopover()
    if (askToSignOut()) dialog.value = { ask: 'sign-out' }
  }
  return (
    <div id={id} ref={box} class="menu me-menu" popover="auto">
      <p class="quiet">
        @<bdi>{name}</bdi>
      </p>
      <fieldset class="themes">
        <legend>{words.me.theme}</legend>
        {themes.map((given) => (
          <label key={given}>
            <input type="radio" name="theme" checked={theme.value === given} onChange={() => setTheme(given)} />
            {words.me.themes[given]}
          </label>
        ))}
      </fieldset>
      <a class="menu-item" href="/logins" onClick={() => box.current?.hidePopover()}>
        <Icon name="eye" />
        {words.me.logins}
      </a>
      <Button look="quiet" class="menu-item" onClick={signOut}>
        <Icon name="leave" />
        {words.me.signOut}
      </Button>
    </div>
  )
}

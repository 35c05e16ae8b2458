import type { Member } from '../state/people.ts'
import { words } from '../words.ts'
import { Face } from './face.tsx'

interface Given {
  id: string
  members: readonly Member[]
  chosen: number
  onChoose: (name: string) => void
}

/** A listbox that the composer's keys walk through; the focus stays in the text. */
export const MentionList = ({ id, members, chosen, onChoose }: Given) => (
  <div id={id} class="mention-list" role="listbox" aria-label={words.composer.people}>
    {members.map(({ account }, at) => (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the composer's
      // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text (aria-activedescendant)
      <div
        key={account.id}
        id={`${id}-${at}`}
        role="option"
        aria-selected={at === chosen}
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => onChoose(account.name)}
      >
        <Face account={account.id} small />
        <bdi>{account.display}</bdi>
        <span class="quiet">
          @<bdi>{account.name}</bdi>
        </span>
      </div>
    ))}
  </div>
)

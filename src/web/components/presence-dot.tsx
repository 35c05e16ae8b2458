import { presenceOf } from '../state/people.ts'
import { words } from '../words.ts'

/** Full = here, half = away, ring = offline; the shape says it too, and a word for those who do not see it. */
export const PresenceDot = ({ account }: { account: string }) => {
  const state = presenceOf(account)
  return (
    <span class={`presence ${state}`} title={words.members.presence[state]}>
      <span class="hidden">{words.members.presence[state]}</span>
    </span>
  )
}

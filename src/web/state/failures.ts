import { signal } from '@preact/signals'
import { words } from '../words.ts'
import { alarm } from './announcer.ts'

/** One sentence about the last thing that did not work; shown until it is closed or something else fails. */
export const failure = signal('')

/** Says in words what was refused. The server's own sentence is used where it gave one. */
export function fails(error: unknown): void {
  const said = error instanceof Error && error.message !== '' ? error.message : words.unreachable
  failure.value = said
  alarm(said)
}

import { me, waiting } from './chat.ts'
import { clearDrafts, draftCount } from './drafts.ts'
import { clearOutbox } from './outbox-storage.ts'
import { signOut } from './session.ts'

/** Signs out at once when nothing unsent lies here. @returns true when the person has to be asked first. */
export function askToSignOut(): boolean {
  if (draftCount() + waiting.value > 0) return true
  void signOut()
  return false
}

/** Deletes what was not sent from this device (the server tells the browser to clear its storage as well), then signs out. */
export async function clearAndSignOut(): Promise<void> {
  clearDrafts()
  await clearOutbox(me.value).catch(() => undefined)
  await signOut()
}

import type { EndedWhy } from '../identity/logins.ts'
import type { CloseReason } from '../protocol/codes.ts'

/** What a person is told when a login ends, by why it ended. */
const reasons: Record<EndedWhy, CloseReason> = {
  signed_out: 'signedOut',
  ended: 'ended',
  password_changed: 'ended',
  role_lowered: 'ended',
  key_retired: 'ended',
  account_disabled: 'accountDisabled',
  idle: 'idle',
  absolute: 'loginTooOld',
}

/** Another node may know an end that this version does not. */
export const reasonOf = (why: string): CloseReason => (Object.hasOwn(reasons, why) ? reasons[why as EndedWhy] : 'ended')

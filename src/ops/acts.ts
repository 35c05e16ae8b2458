import * as v from 'valibot'
import { Refusal } from '../protocol/codes.ts'
import { accountAdd, accountDisable, accountEnable, accountList, accountPassword, accountRole } from './account-acts.ts'
import type { Act, Scene } from './act.ts'
import { auditPage, auditVerify } from './audit-acts.ts'
import { backup } from './backup-act.ts'
import { certsLook, certsShown } from './certs-acts.ts'
import { doctorBegin, doctorEnd } from './doctor-acts.ts'
import { keysList, keysRetire, keysRotate } from './keys-acts.ts'
import { loginEnd, loginList, tokenIssue } from './login-acts.ts'
import { roomAdd, roomArchive, roomList } from './room-acts.ts'
import { drain, invite, reload, setupLink, status } from './server-acts.ts'

/** Everything that an operator can do, by the name it has on the admin socket. */
export const acts = {
  accountAdd,
  accountList,
  accountDisable,
  accountEnable,
  accountPassword,
  accountRole,
  roomAdd,
  roomList,
  roomArchive,
  loginList,
  loginEnd,
  tokenIssue,
  invite,
  setupLink,
  status,
  reload,
  drain,
  certsShown,
  certsLook,
  backup,
  doctorBegin,
  doctorEnd,
  keysList,
  keysRotate,
  keysRetire,
  auditVerify,
  auditPage,
}

export type Acts = typeof acts
export type ActName = keyof Acts
export type ActInput<N extends ActName> = v.InferInput<Acts[N]['input']>
export type ActResult<N extends ActName> = Awaited<ReturnType<Acts[N]['run']>>

const isActName = (table: Acts, given: unknown): given is ActName => typeof given === 'string' && Object.hasOwn(table, given)

/**
 * Checks the input, does the act and writes down that it was done.
 * @throws Refusal `bad_frame` for an act that is not in the table, `invalid` with the field that is wrong, else what the act throws.
 */
export async function perform(table: Acts, given: { act: unknown; input: unknown }, scene: Scene): Promise<unknown> {
  if (!isActName(table, given.act))
    throw new Refusal('bad_frame', 'This server knows no such act; is it of another version than the command?')
  // The table pairs each check with its own act; that they belong together is what the compiler cannot follow.
  const { input, event, onlyReads, about, run } = table[given.act] as Act<unknown, unknown>
  const checked = v.safeParse(input, given.input ?? {}, { abortPipeEarly: true })
  if (!checked.success) throw new Refusal('invalid', wordsOf(checked.issues[0]))
  const result = await scene.house.audit.as({ who: 'operator', address: 'local' }, () => run(scene, checked.output))
  const level = onlyReads ? 'debug' : 'info'
  scene.house.log[level]({ event, by: 'operator', act: given.act, ...about?.(checked.output, result) }, `operator: ${given.act}`)
  return result
}

function wordsOf(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue)
  return path === null ? issue.message : `${path}: ${issue.message}`
}

import * as v from 'valibot'
import type { Actor } from '../chat/log.ts'
import type { House } from '../house.ts'
import type { Served } from './running.ts'

/** Where an act happens: in the server, or in a command that has opened the store because no server runs. */
export interface Scene {
  house: House
  running?: Served | undefined
  /** Says how far a long act is, to whoever asked for it. */
  tell?: Tell | undefined
}

export type Tell = (progress: Progress) => void
/** Of something that takes long; in whatever it is counted in. */
export interface Progress {
  done: number
  of: number
}

/** Something that an operator can do. `Input` is checked by `input`; the result is plain JSON and may hold a secret, so it is never logged. */
export interface Act<Input, Result> {
  input: v.GenericSchema<unknown, Input>
  /** Name of the event in the log (OWASP logging vocabulary where it has one). */
  event: string
  /** It changes nothing: a line in the log only for whoever asked for all of them. */
  onlyReads?: true
  /** Who and what it was about, for the log: ids and names, never a secret. */
  about?(input: Input, result: Result): object
  /** @throws Refusal */
  run(scene: Scene, input: Input): Promise<Result>
}

/** Gives the type of the input to `about` and `run`. */
export const act = <Input, Result>(given: Act<Input, Result>): Act<Input, Result> => given

/** In the log of a room whoever sits at the machine has this name, and is asked for no role. */
export const operator: Actor = { account: 'parley' }

const most = 200
/** A name as typed; what it may consist of is checked where it becomes one. */
export const name = v.pipe(
  v.string('must be text'),
  v.trim(),
  v.minLength(1, 'must not be empty'),
  v.maxLength(most, `must be at most ${most} characters`),
)
export const nothing = v.object({})

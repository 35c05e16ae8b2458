import type { Request, Response } from 'express'
import type * as v from 'valibot'
import type { Caller } from '../caller.ts'

/** One request on its way through a route: who asks, and what was sent, checked on reading. */
export interface Call<C = Caller | undefined> {
  caller: C
  req: Request
  res: Response
  /** @throws Refusal invalid */
  body<T>(shape: v.GenericSchema<unknown, T>): T
  /** @throws Refusal invalid */
  query<T>(shape: v.GenericSchema<unknown, T>): T
  param(name: string): string
}

export type CookieCaller = Extract<Caller, { via: 'cookie' }>

/** Answers with JSON, or 204 for undefined. */
type Answer<C> = (call: Call<C>) => Promise<object | undefined> | object | undefined

interface Declared {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  /** A poll or a renewal of credentials: not a sign that somebody is there. */
  quiet?: true
}

/** Who may ask is part of every route: there is no default that lets somebody in. */
export type Route = Declared &
  (
    | { who: 'anyone'; answer: Answer<undefined> }
    | { who: 'cookie'; answer: Answer<CookieCaller> }
    | { who: 'signed-in'; answer: Answer<Caller> }
  )

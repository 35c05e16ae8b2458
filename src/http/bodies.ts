import type { IncomingMessage } from 'node:http'
import express, { type RequestHandler } from 'express'
import * as v from 'valibot'
import { Refusal } from '../protocol/codes.ts'
import type { HttpSettings } from './deps.ts'
import { HttpFault } from './problems.ts'

const json = /^application\/json(?:\s*;\s*charset="?utf-8"?)?$/i
const form = /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i

const hasBody = (req: IncomingMessage): boolean =>
  req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0
const isOf = (type: RegExp) => (req: IncomingMessage) => type.test(req.headers['content-type']?.trim() ?? '')

/** Reads a body of JSON; a body of anything else is refused rather than ignored. */
export const jsonBody = (settings: HttpSettings): RequestHandler =>
  only(json, settings, (limit) => express.json({ inflate: false, limit, type: isOf(json), strict: true }))

/** Reads a submitted form. */
export const formBody = (settings: HttpSettings): RequestHandler =>
  only(form, settings, (limit) => express.urlencoded({ inflate: false, limit, type: isOf(form), extended: false, parameterLimit: 20 }))

function only(type: RegExp, settings: HttpSettings, make: (limit: number) => RequestHandler): RequestHandler {
  let limit = settings.bodyBytes
  let parse = make(limit)
  return (req, res, next) => {
    if (!hasBody(req)) return next()
    if (!isOf(type)(req)) return next(new HttpFault('unsupported_media_type'))
    if (settings.bodyBytes !== limit) {
      limit = settings.bodyBytes
      parse = make(limit)
    }
    parse(req, res, next)
  }
}

/**
 * What was sent, checked; fields that the shape does not name fall away.
 * @throws Refusal invalid, naming the field.
 */
export function check<T>(shape: v.GenericSchema<unknown, T>, given: unknown): T {
  const read = v.safeParse(shape, given ?? {}, { abortEarly: true })
  if (read.success) return read.output
  const [issue] = read.issues
  const at = issue.path?.map((step) => String(step.key)).join('.') ?? 'body'
  throw new Refusal('invalid', `${at}: ${issue.message}`)
}

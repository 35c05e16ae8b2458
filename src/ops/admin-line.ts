import { relative } from 'node:path'
import * as v from 'valibot'
import { isRefusalCode, Refusal } from '../protocol/codes.ts'
import type { Progress } from './act.ts'

/**
 * What both ends of the admin socket hold to: characters of a request and of an answer, clients at a time, ms in which a
 * client has to say its first word, ms for which it may stay silent after that (`parley drain` waits for the end).
 */
export const adminLimits = { line: 256 * 1024, answer: 64 * 1024 * 1024, clients: 64, silence: 10_000, rest: 3_600_000 }

/** `sun_path` holds 108 bytes, on some systems 104; one ends the text. */
const longestPath = 103

const progress = v.object({ progress: v.object({ done: v.number(), of: v.number() }) })
/** Any number of lines that say how far it is, then the one that ends it. */
const answer = v.union([
  v.object({ ok: v.literal(true), result: v.unknown() }),
  v.object({ ok: v.literal(false), code: v.string(), message: v.string() }),
])
export type Answer = v.InferOutput<typeof answer>

/** The result that stands on the line, or how far the act is. @throws Refusal the one that stands there */
export function readAnswer(line: string): { result: unknown } | { progress: Progress } {
  const read = v.parse(v.union([answer, progress]), JSON.parse(line))
  if ('progress' in read) return read
  if (read.ok) return { result: read.result }
  throw new Refusal(isRefusalCode(read.code) ? read.code : 'internal', read.message)
}

/** @throws Refusal `bad_frame` */
export function readRequest(line: string): { act: unknown; input: unknown } {
  try {
    const given: unknown = JSON.parse(line)
    if (typeof given === 'object' && given !== null && 'act' in given) return { act: given.act, input: 'input' in given ? given.input : {} }
  } catch {
    // What it says instead is not repeated: it may hold a password.
  }
  throw new Refusal('bad_frame', 'A request is one JSON object a line: {"act": NAME, "input": {…}}.')
}

/**
 * What to give the kernel for this file: a deep folder may be too long for it as a whole, but not from here.
 * @throws Error in words
 */
export function socketPath(file: string): string {
  const near = relative(process.cwd(), file)
  const path = Buffer.byteLength(file) <= longestPath ? file : near
  if (Buffer.byteLength(path) <= longestPath) return path
  throw new Error(
    `The path of the admin socket is longer than this system takes (${longestPath} bytes): ${file}. Set data.dir to a shorter one.`,
  )
}

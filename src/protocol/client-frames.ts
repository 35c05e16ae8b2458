import * as v from 'valibot'
import { Refusal } from './codes.ts'
import { openRoomsPerFrame } from './limits.ts'

const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an id'))
const seq = v.pipe(v.number(), v.safeInteger('must be a whole number'), v.minValue(0, 'must not be negative'))
const limit = v.pipe(v.number(), v.safeInteger('must be a whole number'), v.minValue(1), v.maxValue(200, 'must be at most 200'))

/** The sender's own name for what it sends: unique per account and room for the life of the message. */
export const key = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{16,64}$/, 'must be 16–64 of A–Z a–z 0–9 _ -'))
/** Well-formed Unicode (no lone surrogates, no NUL) with something to read in it. */
export const text = v.pipe(
  v.string(),
  v.check((given) => given.isWellFormed() && !given.includes('\0'), 'must be well-formed Unicode'),
  v.check((given) => given.trim() !== '', 'must not be empty'),
)
const emoji = v.pipe(
  v.string(),
  v.maxLength(32, 'must be one emoji'),
  v.check((given) => isOneEmoji(given), 'must be one emoji'),
)

/** Everything a client may say. The type and the check both come from this one table. */
export const clientFrames = {
  open: v.object({
    rooms: v.pipe(
      v.array(v.object({ room: id, after: v.optional(seq), id: v.optional(id) })),
      v.minLength(1, 'must name a room'),
      v.maxLength(openRoomsPerFrame, `must name at most ${openRoomsPerFrame} rooms`),
    ),
  }),
  shut: v.object({ rooms: v.pipe(v.array(id), v.maxLength(openRoomsPerFrame)) }),
  post: v.object({ room: id, key, text, replyTo: v.optional(seq) }),
  edit: v.object({ room: id, key, seq, text }),
  remove: v.object({ room: id, key, seq }),
  react: v.object({ room: id, key, seq, emoji, on: v.boolean() }),
  read: v.object({ room: id, seq }),
  history: v.pipe(
    v.object({ room: id, before: v.optional(seq), after: v.optional(seq), around: v.optional(seq), limit: v.optional(limit, 50) }),
    v.check(
      (given) => [given.before, given.after, given.around].filter((at) => at !== undefined).length <= 1,
      'takes one of before, after, around',
    ),
  ),
  join: v.object({ room: id }),
  leave: v.object({ room: id }),
  typing: v.object({ room: id }),
  presence: v.object({ state: v.picklist(['active', 'away'], 'must be active or away') }),
  renew: v.object({ token: v.pipe(v.string(), v.maxLength(4096, 'is too long')) }),
  ping: v.object({}),
  bye: v.object({}),
}

type Table = typeof clientFrames
export type FrameType = keyof Table
export type FrameOf<T extends FrameType> = { type: T; ref: number } & v.InferOutput<Table[T]>
export type ClientFrame = { [T in FrameType]: FrameOf<T> }[FrameType]

/** A frame that could not be read, with the ref to answer it by (0 when it had none). */
export class BadFrame extends Refusal {
  readonly ref: number
  constructor(ref: number, code: 'bad_frame' | 'invalid' | 'too_large', message: string) {
    super(code, message)
    this.ref = ref
  }
}

/**
 * Text from the wire → a checked frame.
 * @param textLength most code points that `text` may have.
 * @throws BadFrame `bad_frame` (no JSON, no object, no ref, unknown type) · `invalid` (names the field) · `too_large`.
 */
export function readFrame(raw: string, textLength: number): ClientFrame {
  const given = parse(raw)
  const { type, ref } = given
  if (typeof ref !== 'number' || !Number.isInteger(ref) || ref < 1 || ref > 0xffff_ffff) {
    throw new BadFrame(0, 'bad_frame', 'A frame needs a ref: a whole number from 1 to 4294967295.')
  }
  if (typeof type !== 'string' || !isFrameType(type)) throw new BadFrame(ref, 'bad_frame', 'A frame of that type is not known.')
  const checked = v.safeParse(clientFrames[type], given, { abortEarly: true })
  if (!checked.success) throw new BadFrame(ref, 'invalid', fault(checked.issues[0]))
  if ('text' in checked.output && isLonger(checked.output.text, textLength)) {
    throw new BadFrame(ref, 'too_large', `A text may have at most ${textLength} characters.`)
  }
  return { ...checked.output, type, ref } as ClientFrame
}

/** True when the text has more code points than `most`, without walking texts that are surely short. */
export const isLonger = (given: string, most: number): boolean => given.length > most && [...given].length > most

const isFrameType = (type: string): type is FrameType => Object.hasOwn(clientFrames, type)

function parse(raw: string): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(raw)
    if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given as Record<string, unknown>
  } catch {
    // falls through: what is not JSON and what is not an object get the same answer
  }
  throw new BadFrame(0, 'bad_frame', 'A frame is one JSON object.')
}

function fault(issue: v.BaseIssue<unknown>): string {
  const at = issue.path?.map((step) => String(step.key)).join('.') ?? 'frame'
  return `${at}: ${issue.message}`
}

function isOneEmoji(given: string): boolean {
  const graphemes = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(given)]
  return graphemes.length === 1 && /\p{Extended_Pictographic}|\p{Regional_Indicator}|[#*0-9]\ufe0f?\u20e3/u.test(given)
}

import { resolve } from 'node:path'
import * as v from 'valibot'
import { type Fault, nearest } from './faults.ts'
import type { Given } from './names.ts'
import { type Setting, settings } from './schema.ts'
import { readSecretFile } from './secret-file.ts'

/** The value as its kind reads it, or what is wrong with it. A secret that is named by file is read here. */
export function checkGiven(given: Given, root: string): { value: unknown } | { fault: Fault } {
  const setting = settings.get(given.key)
  if (!setting) throw new Error(`no setting ${given.key}`)
  if (!given.fromFile) return checkValue(given, setting, given.value)
  if (given.value === null) return { value: undefined }
  if (typeof given.value !== 'string') return { fault: fault(given, 'the file of this secret is not named by text') }
  const read = readSecretFile(resolve(root, given.value))
  return 'wrong' in read ? { fault: fault(given, read.wrong) } : checkValue(given, setting, read.secret)
}

function checkValue(given: Given, { kind, secret }: Setting<unknown>, written: unknown): { value: unknown } | { fault: Fault } {
  const result = v.safeParse(kind.check, written, { abortPipeEarly: true })
  if (result.success) return { value: result.output }
  const [issue] = result.issues
  // Of a list, the item that is wrong; of anything else what was written, not what the reading made of it.
  const wrong = issue.path?.[0] ? issue.path[0].value : written
  const shown = secret ? 'this value' : show(wrong)
  const suggestion = kind.options && typeof wrong === 'string' ? nearest(wrong, kind.options) : undefined
  const words = written === null || written === undefined ? 'has no value' : `${shown} ${issue.message}`
  return { fault: { ...fault(given, words), allowed: kind.allowed, ...(suggestion && { suggestion }) } }
}

const fault = ({ place, key }: Given, words: string): Fault => ({ place, key, words })

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

import { variableOf } from './env-layer.ts'
import { nearest } from './faults.ts'
import { elsewhere, sections } from './names.ts'
import type { Origins } from './read.ts'
import { type Setting, settings } from './schema.ts'
import { describeConfig } from './show.ts'

/** What somebody wants to know of one setting. */
export interface Explained {
  key: string
  doc: string
  allowed: string
  /** What holds, and where it was set; nothing while the configuration has faults. */
  value?: string
  origin?: string
  /** Its name in the environment, and that of a file with the secret in it. */
  env: string
  envFile?: string
  restart: boolean
}

/**
 * One setting, or all of a section.
 * @param reading undefined while the configuration has faults: what a setting means does not depend on them.
 * @returns undefined for a name that means nothing.
 */
export function explainSettings(asked: string, reading?: { settings: object; origins: Origins }): Explained[] | undefined {
  const wanted = asked.toLowerCase()
  const found = [...settings].filter(([key]) => key.toLowerCase() === wanted || key.toLowerCase().startsWith(`${wanted}.`))
  if (found.length === 0) return undefined
  const holds = new Map(reading && describeConfig(reading).map((one) => [one.key, one]))
  return found.map(([key, setting]) => explained(key, setting, holds.get(key)))
}

function explained(key: string, { doc, kind, restart, secret }: Setting<unknown>, now?: { value: string; origin: string }): Explained {
  const env = variableOf(key)
  return {
    ...{ key, doc, allowed: kind.allowed },
    ...(now && { value: now.value, origin: now.origin }),
    ...{ env, ...(secret && { envFile: `${env}_FILE` }), restart },
  }
}

/** The setting or section that was probably meant. */
export const settingMeant = (asked: string): string | undefined =>
  elsewhere(asked) ?? nearest(asked, [...settings.keys(), ...sections.keys()])

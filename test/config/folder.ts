import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { checkConfig } from '../../src/config.ts'

/** An operator's folder with a config/local.yaml of these words, private to its owner. */
export function operator(t: TestContext, local?: string): string {
  const root = mkdtempSync(join(tmpdir(), 'parley-config-'))
  t.after(() => rmSync(root, { recursive: true }))
  mkdirSync(join(root, 'config'))
  if (local !== undefined) writeFileSync(join(root, 'config', 'local.yaml'), local, { mode: 0o600 })
  return root
}

/** The faults as lines; empty when the configuration is good. */
export function faultsOf(root: string, env: Record<string, string> = {}): string[] {
  const { ok, text } = checkConfig({ root, env })
  return ok ? [] : text.split('\n')
}

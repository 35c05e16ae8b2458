import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { RequestHandler } from 'express'

interface Asset {
  path: string
  type: string
  bytes: Buffer
}

const asset = (name: string, type: string, file: string): Asset => {
  const bytes = readFileSync(file)
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 10)
  return { path: `/assets/${name.replace('.', `-${hash}.`)}`, type, bytes }
}

/** The files that the pages before the app need; a name changes with its content, so a browser may keep them for ever. */
export function createAssets({ entryStyle }: { entryStyle: string }) {
  const style = asset('entry.css', 'text/css; charset=utf-8', entryStyle)
  const setupScript = asset('setup.js', 'text/javascript; charset=utf-8', fileURLToPath(new URL('./setup-script.js', import.meta.url)))
  const byPath = new Map([style, setupScript].map((one) => [one.path, one]))

  const handler: RequestHandler = (req, res, next) => {
    const found = req.method === 'GET' || req.method === 'HEAD' ? byPath.get(req.path) : undefined
    if (found === undefined) return next()
    res.set('Cache-Control', immutable).set('Content-Type', found.type).send(found.bytes)
  }
  return { style: style.path, setupScript: setupScript.path, handler }
}

export type Assets = ReturnType<typeof createAssets>

export const immutable = 'public, max-age=31536000, immutable'

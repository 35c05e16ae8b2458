import type { RequestHandler } from 'express'

/** Whether this node takes people in, and if not, why: named reasons such as `draining` or `store`. */
export interface Ready {
  ok: boolean
  reasons: string[]
}

/** `/livez` and `/readyz`, here and on the ops listener; anything else is left to whoever comes next. */
export function createHealth(ready: () => Ready): RequestHandler {
  return (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next()
    if (req.path === '/livez') return void res.json({ ok: true })
    if (req.path !== '/readyz') return next()
    const { ok, reasons } = ready()
    if (!ok) res.set('Retry-After', '5')
    res.status(ok ? 200 : 503).json({ ok, reasons })
  }
}

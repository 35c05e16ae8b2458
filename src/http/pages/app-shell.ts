import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import express, { type Request, type Response } from 'express'
import { immutable } from './assets.ts'
import { frame } from './frame.ts'
import { html } from './html.ts'
import { type PageDeps, pageRouter } from './page-router.ts'

/** The app itself: its page for those who are signed in, its files for everyone. */
export function appShell(deps: PageDeps) {
  const { callers, assets, settings, webDir } = deps
  const { router, page } = pageRouter(deps)

  async function shell(req: Request, res: Response): Promise<void> {
    const caller = await callers.find(req, res)
    if (caller === undefined) return res.redirect(303, req.path === '/' ? '/login' : `/login?next=${encodeURIComponent(req.path)}`)
    await callers.active(caller)
    const built = await readFile(join(webDir, 'index.html'), 'utf8').catch(() => undefined)
    if (built !== undefined) return void res.type('html').send(named(built, settings.name))
    const body = html`<p>The page has not been built. Run <code>npm run build</code>.</p>`
    res
      .status(503)
      .type('html')
      .send(frame(deps, { title: 'Not built yet', body }))
  }

  for (const path of ['/', '/logins', '/r/:room', '/r/:room/:seq']) page(path, { get: shell })

  router.use(assets.handler)
  // Names with a hash in them change with their content; the few others at the top (icons) are asked for each time.
  const options = { index: false, redirect: false, dotfiles: 'ignore', fallthrough: true, etag: false, lastModified: false } as const
  router.use(
    '/assets',
    notMaps,
    express.static(join(webDir, 'assets'), { ...options, setHeaders: (res) => void res.setHeader('Cache-Control', immutable) }),
  )
  router.get(/^\/[a-z0-9-]+\.(?:svg|png|ico|webmanifest)$/, express.static(webDir, { ...options, cacheControl: false }))
  return router
}

/** The built page calls itself Parley; what it says when it is handed out is the name of this server. */
const named = (built: string, name: string): string =>
  built
    .replace(/<title>[^<]*<\/title>/, () => html`<title>${name}</title>`.text)
    .replace(/<meta name="application-name"[^>]*>/, () => html`<meta name="application-name" content="${name}">`.text)

/** Source maps are for whoever builds. */
const notMaps: express.RequestHandler = (req, _res, next) => next(req.path.endsWith('.map') ? 'router' : undefined)

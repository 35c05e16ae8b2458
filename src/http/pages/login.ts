import { TLSSocket } from 'node:tls'
import type { Request, Response } from 'express'
import * as v from 'valibot'
import { check } from '../bodies.ts'
import { endSession } from '../cookie-session.ts'
import { checkCsrf } from '../same-site.ts'
import { inWords } from './duration.ts'
import { fault, field, frame } from './frame.ts'
import { html } from './html.ts'
import { orAgain, type PageDeps, pageRouter } from './page-router.ts'

const sent = v.object({
  name: v.optional(v.pipe(v.string(), v.maxLength(256)), ''),
  password: v.optional(v.pipe(v.string(), v.maxLength(4096)), ''),
  next: v.optional(v.string(), '/'),
})
const signingOut = v.object({ csrf: v.optional(v.string(), '') })

/** Pages of the app that a person may be sent back to. A list, so that no address of anybody's choosing is ever among them. */
const appPath = /^\/(?:logins|r\/[\w-]{1,64}(?:\/\d{1,15})?)?$/
export const safeNext = (given: unknown): string => (typeof given === 'string' && appPath.test(given) ? given : '/')

interface Shown {
  next: string
  name?: string
  words?: string
}

/** Signing in and out, without a script. */
export function loginPages(deps: PageDeps) {
  const { accounts, callers, joining, signingIn, logins, settings, log } = deps
  const { router, page } = pageRouter(deps)

  async function show(req: Request, res: Response, { next, name, words }: Shown): Promise<void> {
    // When the store is down the page still works, and the sign-in will say so.
    const first = await accounts.count().then((n) => n === 0, no)
    const open = await joining.isOpen().catch(no)
    const body = html`${fault(words)}
<form method="post" action="/login">
${field({ name: 'name', label: 'Name', autocomplete: 'username', value: name, focus: words === undefined })}
${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
<input type="hidden" name="next" value="${next}">
<button class="button">Sign in</button>
</form>
${first && html`<p class="quiet"><a href="/setup">Nobody has an account here yet. Set this server up.</a></p>`}
${open && html`<p class="quiet"><a href="/register">Make an account</a></p>`}`
    const quiet = ['wss', tlsOf(req), `idle sign-ins end after ${inWords(settings.idleMs)}`].filter(Boolean).join(' · ')
    res.type('html').send(frame(deps, { title: 'Sign in', quiet, body }))
  }

  page('/login', {
    async get(req, res) {
      const next = safeNext(req.query.next)
      const caller = await callers.find(req, res).catch(() => undefined)
      if (caller) return res.redirect(303, next)
      await show(req, res, { next })
    },
    async post(req, res) {
      const { name, password, next } = check(sent, req.body)
      const enter = async () => {
        await signingIn.withPassword(req, res, { name, password })
        res.redirect(303, safeNext(next))
      }
      await orAgain({ log, req, res }, enter, ({ detail, retryAfterMs }) => {
        const words = retryAfterMs === undefined ? detail : `${detail} Please wait ${inWords(retryAfterMs)}.`
        return show(req, res, { next: safeNext(next), name, words })
      })
    },
  })

  page('/logout', {
    /** For those whose browser runs no scripts: the app has a button of its own. */
    async get(req, res) {
      const caller = await callers.find(req, res)
      if (caller?.via !== 'cookie') return res.redirect(303, '/login')
      const body = html`<p>You are signed in as <bdi>${caller.login.account.display}</bdi>.</p>
<form method="post" action="/logout">
<input type="hidden" name="csrf" value="${caller.csrf}">
<button class="button">Sign out</button>
</form>
<p class="quiet"><a href="/">Stay</a></p>`
      res.type('html').send(frame(deps, { title: 'Sign out', body }))
    },
    async post(req, res) {
      const caller = await callers.find(req, res)
      if (caller?.via === 'cookie') {
        checkCsrf(req, caller.csrf, check(signingOut, req.body).csrf)
        await logins.end({ ids: [caller.login.id] }, 'signed_out')
        await endSession(req, res)
        res.set('Clear-Site-Data', '"cache", "storage"')
      }
      res.redirect(303, '/login')
    },
  })

  return router
}

const no = () => false

/** What this very connection speaks; unknown where a proxy ends TLS. */
const tlsOf = ({ socket }: Request): string | undefined =>
  socket instanceof TLSSocket ? socket.getProtocol()?.replace('TLSv', 'TLS ') : undefined

import type { Response } from 'express'
import * as v from 'valibot'
import { check } from '../bodies.ts'
import { newPerson } from '../people.ts'
import { fault, field, frame, personFields } from './frame.ts'
import { html } from './html.ts'
import { orAgain, type PageDeps, pageRouter } from './page-router.ts'

const sent = v.object({ code: v.pipe(v.string(), v.maxLength(64)), ...newPerson.entries })

/** The first account, by the link that the server prints while there is none. */
export function setupPage(deps: PageDeps) {
  const { accounts, invites, signingIn, assets, log } = deps
  const { router, page } = pageRouter(deps)

  function show(res: Response, given: { code?: string; name?: string; display?: string | undefined }, words?: string): void {
    const body = html`<p class="quiet">You become the admin of it.</p>
${fault(words)}
<form method="post" action="/setup">
${field({ name: 'code', label: 'Code from the set-up link', autocomplete: 'off', value: given.code, focus: words === undefined })}
${personFields(given, false)}
<button class="button">Make the first account</button>
</form>`
    res.type('html').send(frame(deps, { title: 'Set up this server', body, script: assets.setupScript }))
  }

  page('/setup', {
    async get(_req, res) {
      if ((await accounts.count()) > 0) {
        const body = html`<p>This server is set up already.</p><p><a class="button" href="/login">Sign in</a></p>`
        return void res.type('html').send(frame(deps, { title: 'Set up this server', body }))
      }
      show(res, {})
    },
    async post(req, res) {
      const { code, ...person } = check(sent, req.body)
      const enter = async () => {
        await signingIn.enter(req, res, await invites.acceptSetup(code.trim(), person))
        res.redirect(303, '/')
      }
      await orAgain({ log, req, res }, enter, ({ detail }) => show(res, { code, ...person }, detail))
    },
  })

  return router
}

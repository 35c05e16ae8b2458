import type { Response } from 'express'
import { Refusal } from '../../protocol/codes.ts'
import { check } from '../bodies.ts'
import { newPerson } from '../people.ts'
import { fault, frame, personFields } from './frame.ts'
import { html } from './html.ts'
import { orAgain, type PageDeps, pageRouter } from './page-router.ts'

/** Making an account where anyone may. */
export function registerPage(deps: PageDeps) {
  const { joining, signingIn, log } = deps
  const { router, page } = pageRouter(deps)

  function show(res: Response, given: { name?: string; display?: string | undefined }, words?: string): void {
    const body = html`${fault(words)}
<form method="post" action="/register">
${personFields(given, words === undefined)}
<button class="button">Make my account</button>
</form>
<p class="quiet">Have an account already? <a href="/login">Sign in</a></p>`
    res.type('html').send(frame(deps, { title: 'New account', body }))
  }

  page('/register', {
    async get(_req, res) {
      if (!(await joining.isOpen())) throw new Refusal('forbidden', 'An account here takes an invitation.')
      show(res, {})
    },
    async post(req, res) {
      const person = check(newPerson, req.body)
      const enter = async () => {
        await signingIn.enter(req, res, await joining.register(person, req, res))
        res.redirect(303, '/')
      }
      await orAgain({ log, req, res }, enter, ({ detail }) => show(res, person, detail))
    },
  })

  return router
}

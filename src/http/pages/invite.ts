import type { Response } from 'express'
import { check } from '../bodies.ts'
import type { Shown } from '../joining.ts'
import { newPerson } from '../people.ts'
import { inWords } from './duration.ts'
import { fault, frame, personFields } from './frame.ts'
import { html } from './html.ts'
import { orAgain, type PageDeps, pageRouter } from './page-router.ts'

const codeShape = /^[\w-]{1,64}$/

/** What an invitation is for, and the form that accepts it. */
export function invitePage(deps: PageDeps) {
  const { joining, signingIn, log, now } = deps
  const { router, page } = pageRouter(deps)

  function show(
    res: Response,
    code: string,
    { by, room, expiresAt }: Shown,
    given: { name?: string; display?: string | undefined },
    words?: string,
  ): void {
    const body = html`<dl class="facts">
<dt>From</dt><dd>${by}</dd>
${room !== undefined && html`<dt>Room</dt><dd>${room}</dd>`}
<dt>Holds for</dt><dd>${inWords(expiresAt - now())}</dd>
</dl>
${fault(words)}
<form method="post" action="/invite/${code}">
${personFields(given, words === undefined)}
<button class="button">Make my account</button>
</form>
<p class="quiet">Have an account already? <a href="/login">Sign in</a></p>`
    res.type('html').send(frame(deps, { title: 'You are invited', body }))
  }

  function showOver(res: Response): void {
    const body = html`<p>This invitation has been used, has expired, or was never made. Ask the person who sent it for a new one.</p>
<p><a class="button plain" href="/login">Sign in</a></p>`
    res
      .status(404)
      .type('html')
      .send(frame(deps, { title: 'Invitation', body }))
  }

  const codeOf = (given: unknown): string => (typeof given === 'string' && codeShape.test(given) ? given : '')

  page('/invite/:code', {
    async get(req, res) {
      const code = codeOf(req.params.code)
      const invitation = await joining.look(code)
      if (invitation === undefined) return showOver(res)
      show(res, code, invitation, {})
    },
    async post(req, res) {
      const code = codeOf(req.params.code)
      const person = check(newPerson, req.body)
      const enter = async () => {
        const { account, room } = await joining.accept(code, person, res)
        await signingIn.enter(req, res, account)
        res.redirect(303, room === undefined ? '/' : `/r/${room}`)
      }
      await orAgain({ log, req, res }, enter, async ({ detail }) => {
        const invitation = await joining.look(code)
        if (invitation === undefined) showOver(res)
        else show(res, code, invitation, person, detail)
      })
    },
  })

  return router
}

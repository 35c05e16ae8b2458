import express, { type Express } from 'express'
import { clientAddress } from '../identity/client-address.ts'
import { accountRoutes } from './api/accounts.ts'
import { credentialRoutes } from './api/credentials.ts'
import { cspReports } from './api/csp-reports.ts'
import { inviteRoutes } from './api/invites.ts'
import { loginRoutes } from './api/logins.ts'
import { messageRoutes } from './api/messages.ts'
import { roomRoutes } from './api/rooms.ts'
import { serve } from './api/serve.ts'
import { sessionRoutes } from './api/session.ts'
import { createCallers } from './caller.ts'
import { cookieSession } from './cookie-session.ts'
import type { HttpDeps } from './deps.ts'
import { door } from './door.ts'
import { answerFault, nothingHere } from './faults.ts'
import { createHealth } from './health.ts'
import { createJoining } from './joining.ts'
import { metering, noMeter } from './metering.ts'
import { appShell } from './pages/app-shell.ts'
import { createAssets } from './pages/assets.ts'
import { invitePage } from './pages/invite.ts'
import { loginPages } from './pages/login.ts'
import { registerPage } from './pages/register.ts'
import { setupPage } from './pages/setup.ts'
import { cspReportPath, securityHeaders } from './security-headers.ts'
import { createSigningIn } from './signing-in.ts'
import { visit } from './visit.ts'

/** What the server under this app must hold as well (bytes; headers of one request). The timeouts are settings. */
export const serverLimits = { maxHeaderSize: 16_384, maxHeadersCount: 100, maxRequestsPerSocket: 10_000 } as const

/** Pages and API of Parley as one express app. What comes first is what every request passes: this list is the order. */
export function createHttp(deps: HttpDeps): Express {
  const { settings, log, tokens } = deps
  const assets = createAssets(deps)
  const callers = createCallers(deps)
  const signingIn = createSigningIn(deps)
  const joining = createJoining(deps)
  const all = { ...deps, assets, callers, signingIn, joining }

  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.set('query parser', 'simple')

  app.use(
    metering(deps.meter ?? noMeter),
    visit(deps.addressOf ?? clientAddress(settings.trustProxy), deps.audit),
    securityHeaders(settings),
    door(settings),
  )
  app.use(createHealth(deps.ready))
  app.get('/.well-known/jwks.json', (_req, res) => void res.json(tokens.jwks()))
  app.use(cspReportPath, cspReports(log))
  app.use(cookieSession(deps))
  app.use(
    '/api/v1',
    serve(
      [
        ...sessionRoutes(all),
        ...credentialRoutes(all),
        ...loginRoutes(all),
        ...roomRoutes(all),
        ...accountRoutes(all),
        ...messageRoutes(all),
        ...inviteRoutes(all),
      ],
      all,
    ),
  )
  app.use(loginPages(all), setupPage(all), invitePage(all), registerPage(all), appShell(all))
  app.use(nothingHere, answerFault({ log, assets, settings }))
  return app
}

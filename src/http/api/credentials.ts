import type { HttpDeps } from '../deps.ts'
import type { Route } from './routes.ts'

type Deps = Pick<HttpDeps, 'tokens' | 'admitTicket' | 'settings'>

/** What a signed-in page gets for its socket and for programs; neither outlives the login. */
export const credentialRoutes = ({ tokens, admitTicket, settings }: Deps): Route[] => [
  { method: 'POST', path: '/token', who: 'cookie', quiet: true, answer: ({ caller }) => tokens.token(caller.login) },
  {
    method: 'POST',
    path: '/ticket',
    who: 'cookie',
    quiet: true,
    async answer({ caller, req }) {
      // The page cannot read why an upgrade was refused, so whatever would refuse it says so here.
      const refused = await admitTicket(caller.login)
      if (refused !== undefined) throw refused
      return tokens.ticket(caller.login, req.headers.origin ?? new URL(settings.publicUrl).origin)
    },
  },
]

import type { RequestHandler } from 'express'
import helmet from 'helmet'
import type { HttpSettings } from './deps.ts'
import { isLoopbackHost } from './hosts.ts'

export const cspReportPath = '/api/v1/csp-reports'

const self = ["'self'"]
const none = ["'none'"]

/**
 * Everything a page could ask the browser for, refused; but copying a link to the clipboard. Only names that each Chromium in use knows: it
 * complains on the console about each of the others.
 */
const denied = `accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid
  identity-credentials-get idle-detection keyboard-map local-fonts magnetometer microphone midi otp-credentials payment
  picture-in-picture publickey-credentials-create publickey-credentials-get screen-wake-lock serial storage-access usb window-management
  xr-spatial-tracking`
  .split(/\s+/)
  .map((feature) => `${feature}=()`)
export const permissionsPolicy = [...denied, 'clipboard-read=()', 'clipboard-write=(self)'].join(', ')

/** Our own addresses as the socket has them. */
const sockets = ({ publicUrl, origins }: HttpSettings): string =>
  [...new Set([publicUrl, ...origins])].map((origin) => origin.replace(/^http/, 'ws')).join(' ')

/** On every answer, whatever it is. Nothing inline, nothing from elsewhere, no frames, no sinks that take text for markup. */
export function securityHeaders(settings: HttpSettings): RequestHandler[] {
  const policy = helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: none,
      scriptSrc: self,
      styleSrc: self,
      imgSrc: ["'self'", 'data:'],
      fontSrc: self,
      // Safari does not take wss: for 'self'.
      connectSrc: ["'self'", () => sockets(settings)],
      formAction: self,
      baseUri: none,
      frameAncestors: none,
      objectSrc: none,
      manifestSrc: self,
      workerSrc: self,
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: none,
      reportUri: [cspReportPath],
      reportTo: ['csp'],
    },
  })
  const rest = helmet({
    contentSecurityPolicy: false,
    strictTransportSecurity: false,
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  })
  const transport = helmet.strictTransportSecurity({ maxAge: 31_536_000, includeSubDomains: true })
  return [
    policy,
    rest,
    // On a developer's own machine it would bind every other server on localhost to TLS for a year.
    (req, res, next) => (isLoopbackHost(req.headers.host ?? '') ? next() : transport(req, res, next)),
    (_req, res, next) => {
      res.set('Permissions-Policy', permissionsPolicy)
      res.set('Reporting-Endpoints', `csp="${cspReportPath}"`)
      res.set('Cache-Control', 'no-store')
      next()
    },
  ]
}

import { bodyCheck } from './body.ts'
import { busCheck } from './bus.ts'
import { certificateCheck } from './certificate.ts'
import { clockCheck } from './clock.ts'
import { configCheck } from './config.ts'
import { cookieCheck } from './cookie.ts'
import { diskCheck } from './disk.ts'
import { dnsCheck } from './dns.ts'
import { fileLimitCheck } from './file-limit.ts'
import { headersCheck } from './headers.ts'
import { hostCheck } from './host.ts'
import { nodeCheck } from './node.ts'
import type { Check } from './patient.ts'
import { permissionsCheck } from './permissions.ts'
import { portCheck } from './port.ts'
import { postgresCheck } from './postgres.ts'
import { proxyTrustCheck } from './proxy-trust.ts'
import { secretsCheck } from './secrets.ts'
import { servedCertificateCheck } from './served-certificate.ts'
import { storeDurableCheck } from './store-durable.ts'
import { storeLockCheck } from './store-lock.ts'
import { idleCheck } from './ws-idle.ts'
import { originCheck } from './ws-origin.ts'
import { upgradeCheck } from './ws-upgrade.ts'

/** Everything that is looked at, in the order in which it is told: what would explain the rest comes first. */
export const checks: readonly Check[] = [
  ...[configCheck, nodeCheck, permissionsCheck, fileLimitCheck, diskCheck, clockCheck, storeDurableCheck, storeLockCheck, secretsCheck],
  ...[postgresCheck, busCheck],
  ...[certificateCheck, portCheck, dnsCheck, hostCheck, servedCertificateCheck, headersCheck, upgradeCheck, idleCheck],
  ...[cookieCheck, originCheck, proxyTrustCheck, bodyCheck],
]

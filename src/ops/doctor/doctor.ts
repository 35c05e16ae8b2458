import { join } from 'node:path'
import { addressOf, ConfigFaults, type Reading, sayFault } from '../../config.ts'
import { Refusal } from '../../protocol/codes.ts'
import type { ActName, ActResult } from '../acts.ts'
import { type AdminClient, connectAdmin } from '../admin-client.ts'
import { checks } from './checks.ts'
import { addressHere } from './dns.ts'
import { codeOf, type Finding, type FindingId, fault, type Skipped } from './finding.ts'
import type { Check, Guest, Instruments, Patient } from './patient.ts'
import { type Front, proxyOf } from './proxies.ts'
import { type Session, signIn } from './session.ts'
import { createVisit } from './visit.ts'

/** What `parley doctor --json` prints; `schema` counts up when a field goes or changes its meaning. */
export interface Diagnosis {
  schema: 1
  /** No error among the findings. */
  ok: boolean
  server: 'running' | 'stopped' | 'unknown'
  url: string | null
  proxy: Front | null
  findings: Finding[]
  skipped: Skipped[]
}

interface Asked {
  root: string
  /** @throws ConfigFaults */
  read: () => Reading
  /** Another address than the configured one. */
  url?: string
  idle: number
  instruments: Instruments
}

/** ms for one check; a silent socket is given its time on top. */
const longest = 20_000

/** Looks at everything, one after the other; no check can hang or break the others. */
export async function diagnose({ root, read, url: asked, idle, instruments }: Asked): Promise<Diagnosis> {
  let reading: Reading
  try {
    reading = read()
  } catch (error) {
    const words = error instanceof ConfigFaults ? error.faults.map(sayFault) : [`The configuration cannot be read (${codeOf(error)}).`]
    const findings = words.map((cause) => fault('D-CONFIG', cause, 'parley config check'))
    const others = checks.flatMap(({ ids }) => ids).filter((id) => id !== 'D-CONFIG')
    return {
      schema: 1,
      ok: false,
      server: 'unknown',
      url: null,
      proxy: null,
      findings,
      skipped: skip(others, 'The configuration has to be right first.'),
    }
  }
  const { config, warnings } = reading
  const admin = await connectAdmin(join(config.data.dir, 'parley.sock')).catch(() => undefined)
  try {
    const server = admin && (await within(tell(admin, 'status', {}), longest).catch(() => undefined))
    const url = new URL(asked ?? server?.url ?? addressOf(config, config.server.port).publicUrl)
    const patient: Patient = { root, config, warnings, server, url, idle, instruments }
    const findings: Finding[] = []
    for (const check of checks) if (check.at === 'home') findings.push(...(await run(check, () => check.look(patient), longest)))
    const through = await throughTheDoor(patient, admin)
    findings.push(...through.findings)
    const ok = !findings.some(({ level }) => level === 'error')
    return {
      schema: 1,
      ok,
      server: server ? 'running' : 'stopped',
      url: url.origin,
      proxy: through.proxy,
      findings,
      skipped: through.skipped,
    }
  } finally {
    admin?.close()
  }
}

interface Through {
  proxy: Front | null
  findings: Finding[]
  skipped: Skipped[]
}

async function throughTheDoor(patient: Patient, admin: AdminClient | undefined): Promise<Through> {
  const doors = checks.filter((check) => check.at !== 'home')
  const ids = [...new Set(doors.flatMap(({ ids }) => ids))].filter((id) => !['D-CERT-NAME', 'D-CERT-SOON'].includes(id))
  const { server, url, config } = patient
  if (admin === undefined || server === undefined)
    return { proxy: null, findings: [], skipped: skip(ids, 'No server is running; only this machine was looked at.') }
  const visit = createVisit(url, addressHere(url, config.server.host))
  let proxy: Front
  try {
    proxy = proxyOf(await visit.ask({ path: '/livez' }), config.tls.mode === 'own')
  } catch (error) {
    const cause = `Nobody answers at ${url.origin} on this machine (${visit.address}, ${codeOf(error)}).`
    const finding = fault('D-HOST', cause, `ss -ltnp 'sport = :${url.port || 443}'   # is the proxy running, and does it listen here?`)
    return {
      proxy: null,
      findings: [finding],
      skipped: skip(
        ids.filter((id) => id !== 'D-HOST'),
        'Nobody answers at the public address.',
      ),
    }
  }
  const { begun, session, why } = await enter(admin, visit, url)
  const guest: Guest = { ...patient, server, visit, proxy, session }
  const findings: Finding[] = []
  try {
    for (const check of doors) {
      const isOurs = !findings.some(({ id, level }) => id === 'D-HOST' && level === 'error')
      if (check.at === 'door' || isOurs) findings.push(...(await run(check, () => check.look(guest), longest + patient.idle * 1000)))
    }
  } finally {
    if (begun) await within(tell(admin, 'doctorEnd', { account: begun.account }), longest).catch(() => undefined)
  }
  const seen = new Set(findings.map(({ id }) => id))
  return {
    proxy,
    findings,
    skipped: skip(
      ids.filter((id) => !seen.has(id)),
      why ?? 'What it needs did not come through; see above.',
    ),
  }
}

async function enter(
  admin: AdminClient,
  visit: Guest['visit'],
  url: URL,
): Promise<{ begun?: ActResult<'doctorBegin'>; session: Session | undefined; why?: string }> {
  let begun: ActResult<'doctorBegin'> | undefined
  try {
    begun = await within(tell(admin, 'doctorBegin', {}), longest)
    return { begun, session: await signIn(visit, url.origin, begun) }
  } catch (error) {
    const why = error instanceof Refusal ? error.message : `Nobody could be signed in for it (${codeOf(error)}).`
    return { ...(begun && { begun }), session: undefined, why }
  }
}

async function run(check: Check, look: () => Promise<Finding[]> | Finding[], ms: number): Promise<Finding[]> {
  const [id = 'D-CONFIG'] = check.ids
  try {
    return await within(Promise.resolve().then(look), ms)
  } catch (error) {
    return [fault(id, `This could not be looked at to the end (${codeOf(error)}).`)]
  }
}

/** @throws Error when it takes longer */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

// What comes is what this very act gave, on the other side of the socket.
const tell = async <N extends ActName>(admin: AdminClient, act: N, input: object): Promise<ActResult<N>> =>
  (await admin.ask(act, input)) as ActResult<N>

const skip = (ids: readonly FindingId[], cause: string): Skipped[] => [...new Set(ids)].map((id) => ({ id, cause }))

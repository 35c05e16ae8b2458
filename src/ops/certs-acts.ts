import { Refusal } from '../protocol/codes.ts'
import { act, nothing, type Scene } from './act.ts'
import type { HeldCertificates } from './running.ts'

/** The pair that the server holds out to new connections, and why another one in the folder is not it. */
const shown = ({ facts, refusal }: HeldCertificates) => ({ inForce: facts(), refused: refusal() ?? [] })

/** Null when a proxy speaks TLS. */
export const certsShown = act({
  input: nothing,
  event: 'tls_pair_read',
  onlyReads: true,
  run: async (scene) => {
    const held = heldBy(scene)
    return held ? shown(held) : null
  },
})

/** Looks into the folder now. Null when a proxy speaks TLS. */
export const certsLook = act({
  input: nothing,
  event: 'tls_pair_looked_at',
  async run(scene) {
    const held = heldBy(scene)
    await held?.look()
    return held ? shown(held) : null
  },
  about: (_, made) => (made === null ? {} : { fingerprint: made.inForce.fingerprint256, refused: made.refused }),
})

function heldBy({ running }: Scene): HeldCertificates | undefined {
  if (running === undefined) throw new Refusal('unavailable', 'No server is running.')
  return running.certificates
}

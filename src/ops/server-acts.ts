import * as v from 'valibot'
import { addressOf, ConfigFaults } from '../config.ts'
import { Refusal } from '../protocol/codes.ts'
import { act, name, nothing, operator, type Scene } from './act.ts'
import { findRoom } from './lookup.ts'
import type { Served } from './running.ts'

const day = 86_400_000

/** A link by which somebody without an account gets one. The operator is named as the one who invites. */
export const invite = act({
  input: v.object({
    room: v.optional(name),
    uses: v.optional(
      v.pipe(
        v.number('must be a number'),
        v.integer('must be a whole number'),
        v.minValue(1, 'must be at least 1'),
        v.maxValue(1_000, 'must be at most 1000'),
      ),
      1,
    ),
    /** ms from now. */
    expires: v.optional(
      v.pipe(
        v.number('must be a number of ms'),
        v.safeInteger(),
        v.minValue(60_000, 'must be at least 1m'),
        v.maxValue(90 * day, 'must be at most 90d'),
      ),
      7 * day,
    ),
  }),
  event: 'invite_created',
  async run({ house, running }, { room, uses, expires }) {
    if (house.config().registration === 'closed')
      throw new Refusal('forbidden', 'This server takes no new accounts: registration is closed.')
    const url = publicUrl({ house, running })
    const found = room === undefined ? undefined : await findRoom(house, room)
    const { code, expiresAt } = await house.invites.create({
      by: operator.account,
      room: found?.id,
      uses,
      expiresAt: house.clock.now() + expires,
    })
    return { url: `${url}/invite/${code}`, expiresAt, uses }
  },
  about: ({ room, uses }, made) => ({ room, uses, expiresAt: made.expiresAt }),
})

/** The link by which the first admin is made. The one before stops working. @throws Refusal `conflict` once there is an account. */
export const setupLink = act({
  input: nothing,
  event: 'setup_link_created',
  async run({ house, running }) {
    const url = publicUrl({ house, running })
    const made = await house.invites.setup()
    if (made === undefined) throw new Refusal('conflict', 'There is an account already; a set-up link is only for the first.')
    return { url: `${url}/setup#${made.code}`, expiresAt: made.expiresAt }
  },
  about: (_, made) => ({ expiresAt: made.expiresAt }),
})

export const status = act({
  input: nothing,
  event: 'status_read',
  onlyReads: true,
  async run(scene) {
    const { url, node, ready, connections } = running(scene)
    const { ok, reasons } = ready()
    const nodes = await scene.house.survey()
    return {
      url,
      ...(node !== undefined && { node }),
      ...(nodes && { nodes }),
      pid: process.pid,
      /** Seconds. */
      uptime: Math.floor(process.uptime()),
      ready: ok,
      reasons,
      connections: connections(),
      /** Null while the store does not answer: all the rest can be told. */
      accounts: await scene.house.accounts.count().catch(() => null),
      store: scene.house.store.incarnation,
      memory: process.memoryUsage.rss(),
    }
  },
})

/** Reads the configuration again: whole or not at all. @throws Refusal `invalid` with everything that is wrong. */
export const reload = act({
  input: nothing,
  event: 'sys_config_reloaded',
  async run(scene) {
    try {
      return await running(scene).reload()
    } catch (error) {
      if (error instanceof ConfigFaults) throw new Refusal('invalid', `Nothing was changed:\n${error.message}`)
      throw error
    }
  },
  about: (_, made) => made,
})

/** Begins to drain and answers; the process ends by itself when everyone has been sent elsewhere. */
export const drain = act({
  input: nothing,
  event: 'sys_drain',
  async run(scene) {
    const server = running(scene)
    const connections = server.connections()
    // A second signal would mean "at once"; a second command only means the same again.
    if (server.ready().reasons.includes('draining')) return { draining: true as const, connections }
    await scene.house.audit.write({ event: 'sys_drain', extra: { connections } })
    // The road of `kill`: one way of ending, whoever asks. Without somebody at its end (a server inside a test) only this remains.
    if (!process.emit('SIGTERM', 'SIGTERM')) void server.drain()
    return { draining: true as const, connections }
  },
  about: (_, made) => made,
})

function running({ running }: Scene): Served {
  if (running === undefined) throw new Refusal('unavailable', 'No server is running.')
  return running
}

function publicUrl({ house, running }: Scene): string {
  if (running) return running.url
  const { server } = house.config()
  if (server.publicUrl === undefined && server.port === 0)
    throw new Refusal(
      'unavailable',
      'No server is running, and the address it will have is not known: server.port is 0. Set server.publicUrl.',
    )
  return addressOf({ server }, server.port).publicUrl
}

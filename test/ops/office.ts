import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { openHouse, systemClock } from '../../src/house.ts'
import { createLog } from '../../src/log.ts'
import { acts } from '../../src/ops/acts.ts'
import { type AdminClient, connectAdmin } from '../../src/ops/admin-client.ts'
import { openAdminSocket } from '../../src/ops/admin-socket.ts'
import type { Served } from '../../src/ops/running.ts'

/** A house with its admin socket open, and a server of which only the answers are real. */
export async function openOffice(t: TestContext, server: Partial<Served> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'parley-admin-'))
  const { config } = readConfig({ root, env: {} })
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line: string) => void lines.push(line) } })
  const announce = async (ended: unknown[]) => ({ connections: ended.length, unconfirmed: 0 })
  const house = await openHouse({ config: () => config, log, clock: systemClock, announce, onFatal: assert.fail })
  const running: Served = {
    url: 'https://chat.example',
    node: 'n1',
    connections: () => 3,
    ready: () => ({ ok: true, reasons: [] }),
    reload: async () => ({ changed: ['log.level'], needRestart: [] }),
    drain: async () => undefined,
    ...server,
  }
  const file = join(config.data.dir, 'parley.sock')
  const open = () => openAdminSocket({ file, acts, house, running })
  let admin = await open()
  t.after(async () => {
    await admin.close()
    await house.close()
    rmSync(root, { recursive: true, force: true })
  })
  async function client(): Promise<AdminClient> {
    const made = await connectAdmin(file)
    assert.ok(made)
    t.after(() => made.close())
    return made
  }
  /** A socket that says whatever it wants. */
  async function raw(): Promise<Socket> {
    const socket = connect(file)
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  return {
    file,
    house,
    lines,
    client,
    raw,
    closeAdmin: () => admin.close(),
    reopen: async () => {
      await admin.close()
      admin = await open()
    },
  }
}

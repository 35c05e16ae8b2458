import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { tlsOptions } from '../gateway/raw.ts'
import { loot, smuggled } from '../http/smuggling.ts'
import { Visitor } from '../http/visitor.ts'
import { certificate } from '../support/house.ts'
import { startHaproxy, startNginx } from './proxy.ts'
import { openStreet } from './street.ts'

type Street = Awaited<ReturnType<typeof openStreet>>
const shipped = {
  nginx: (t: TestContext, street: Street) => startNginx(t, street.ports),
  HAProxy: (t: TestContext, street: Street) => startHaproxy(t, 'haproxy.cfg', street.ports),
}

/** Sends it, and hangs up as soon as there is an answer. */
async function sends(port: number, bytes: string): Promise<void> {
  const socket = connect(tlsOptions(port)).on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.write(Buffer.from(bytes, 'latin1'))
  await new Promise((resolve) => socket.once('data', resolve).once('close', resolve)) // a reset is an answer as well
  socket.destroy()
}

for (const [name, start] of Object.entries(shipped)) {
  test(`behind ${name}, whoever comes after a request that ends in two places still gets their own answers (HTTP-01)`, async (t) => {
    const street = await openStreet(t, { PARLEY__TLS__MODE: 'off', PARLEY__SERVER__TRUSTPROXY: '127.0.0.1' }, [])
    await start(t, street)
    const victim = new Visitor({ port: street.ports.tls, ca: certificate().cert, origin: street.origin })
    t.after(() => victim.close())
    for (const { name: trick, bytes } of smuggled(`localhost:${street.ports.tls}`)) {
      await sends(street.ports.tls, bytes)
      // The proxy may use the same line to Parley for the next ones: what was left on it would be answered to them.
      for (let i = 0; i < 3; i += 1) {
        const { status, text } = await victim.get('/api/v1/session')
        assert.equal(status, 401, trick)
        assert.ok(!text.includes(loot), trick)
      }
    }
  })
}

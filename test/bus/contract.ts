import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus, BusMessage } from '../../src/bus/bus.ts'

/** What every bus promises, whatever carries it. @param nodes as many ends of one bus as are asked for; of a local one all are the same. */
export function busContract(name: string, nodes: (count: number) => Promise<Bus[]>): void {
  const typing = (account: string): BusMessage => ({ kind: 'typing', room: 'tea', account })

  test(`${name}: what is published on a topic is heard by those who listen to it, in order, and by nobody else`, async () => {
    const [ada, bob] = (await nodes(2)) as [Bus, Bus]
    const heard: string[] = []
    const others: string[] = []
    const all = Promise.withResolvers<void>()
    await bob.subscribe('rooms/1', (message) => {
      heard.push('account' in message ? message.account : '')
      if (heard.length === 100) all.resolve()
    })
    await bob.subscribe('rooms/2', (message) => void others.push(message.kind))
    for (let i = 0; i < 100; i++) await ada.publish('rooms/1', typing(`a${i}`))
    await all.promise
    assert.deepEqual(
      heard,
      Array.from({ length: 100 }, (_, i) => `a${i}`),
    )
    assert.deepEqual(others, [])
    for (const bus of new Set([ada, bob])) await bus.close()
  })

  test(`${name}: the own listeners have acted, once, when publish returns`, async () => {
    const [ada] = (await nodes(1)) as [Bus]
    let heard = 0
    await ada.subscribe('control', () => void heard++)
    const published = ada.publish('control', typing('ada'))
    assert.equal(heard, 1)
    await published
    assert.equal(heard, 1)
    await ada.close()
  })

  test(`${name}: whoever stops listening hears no more, and a closed bus takes what is said without a word`, async () => {
    const [ada] = (await nodes(1)) as [Bus]
    let heard = 0
    const stop = await ada.subscribe('control', () => void heard++)
    stop()
    await ada.publish('control', typing('ada'))
    await ada.close()
    await ada.publish('control', typing('ada'))
    assert.equal(heard, 0)
  })
}

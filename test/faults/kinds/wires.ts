import { around, aWhile, type Fault } from '../fault.ts'
import type { Way } from '../road.ts'

/** A road of one node: to its database, or to its bus. */
type Wire = 'store' | 'bus'

/** Nothing gets through, and whoever asks is told so. @param least ms */
export const cutOff = (wire: Wire, words: string, least: number): Fault => ({
  words,
  on: 'cluster',
  async play(scene) {
    const road = around(scene).wires[wire]
    road.block()
    await aWhile(scene, least)
    road.mend()
  },
})

/** What one node hears from Redis, or says to it, stands still; then it comes, or is lost. */
export const oneWay = (way: Way, words: string): Fault => ({
  words,
  on: 'cluster',
  async play(scene) {
    const { bus } = around(scene).wires
    bus.hold(way)
    await aWhile(scene, 400 + scene.chance.below(2500))
    if (scene.chance.below(2) === 0) bus.cut()
    bus.mend()
  },
})

/** Each piece is late. @param least ms @param spread ms more, by chance */
export const late = (wire: Wire, words: string, least: number, spread: number): Fault => ({
  words,
  on: 'cluster',
  async play(scene) {
    const road = around(scene).wires[wire]
    road.slow(least + scene.chance.below(spread))
    await aWhile(scene, 500)
    road.mend()
  },
})

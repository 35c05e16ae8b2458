import { Agent } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { type Person, signIn } from '../outside/ask.ts'
import { Durations, startWatch } from './stopwatch.ts'
import type { Figures, Stage } from './task.ts'

export interface SignIns {
  person: Person
  atOnce: number
  warm: number
  measure: number
}

/** One person signs in with the right password, on so many devices at a time, again and again. */
export async function signInAgain({ person, atOnce, warm, measure }: SignIns, { target, progress, window }: Stage): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const durations = new Durations()
  let goesOn = true
  let measuring = false
  let made = 0
  const devices = Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (goesOn) {
        const began = performance.now()
        await signIn(target, person, agent)
        if (!measuring) continue
        made++
        durations.add(performance.now() - began)
      }
    }),
  )
  try {
    progress('warming up')
    await Promise.race([devices, pause(warm)])
    progress('measuring')
    await window(true)
    const watch = startWatch()
    measuring = true
    await Promise.race([devices, pause(measure)])
    measuring = false
    const { ms, ownCpu } = watch()
    await window(false)
    goesOn = false
    await devices
    return { signIns: made, signInsPerSecond: (made / ms) * 1000, ...durations.figures(), ownCpu }
  } finally {
    goesOn = false
    agent.destroy()
  }
}

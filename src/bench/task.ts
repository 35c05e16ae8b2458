import { type Chorus, sing } from './chorus.ts'
import { type Connects, connect } from './connects.ts'
import type { Dialect } from './dialect.ts'
import { type Idle, idle } from './idle.ts'
import type { Target } from './line.ts'
import { type Posts, post } from './posts.ts'

/** What a bench can be asked to do to a server. */
export type Task =
  | ({ kind: 'chorus' } & Chorus)
  | ({ kind: 'connects' } & Connects)
  | ({ kind: 'idle' } & Idle)
  | ({ kind: 'posts' } & Posts)

/** What was measured, by name. Times in ms, rates per second, CPU in cores. */
export type Figures = Record<string, number>

/** Where a task is done, and who wants to hear of it. */
export interface Stage {
  target: Target
  dialect: Dialect
  progress: (words: string) => void
  /** Called when the measured time begins, and when it ends: whoever can see the server looks at it then. */
  window: (on: boolean) => Promise<void>
}

/** @throws what a connection met that was needed. */
export async function perform(task: Task, stage: Stage): Promise<Figures> {
  switch (task.kind) {
    case 'chorus':
      return sing(task, stage)
    case 'connects':
      return connect(task, stage)
    case 'idle':
      return idle(task, stage)
    case 'posts':
      return post(task, stage)
  }
}

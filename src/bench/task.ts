import type { Target } from '../outside/line.ts'
import { type Chorus, sing } from './chorus.ts'
import { type Connects, connect } from './connects.ts'
import type { Dialect } from './dialect.ts'
import { type Endings, endLogins } from './endings.ts'
import { type Idle, idle } from './idle.ts'
import { leaf, type Pages } from './pages.ts'
import { type Posts, post } from './posts.ts'
import { type SignIns, signInAgain } from './sign-ins.ts'
import { readSlowly, type SlowReader } from './slow-reader.ts'
import { type Soak, soak } from './soak.ts'
import { type Storm, storm } from './storm.ts'

/** What a bench can be asked to do to a server. */
export type Task =
  | ({ kind: 'chorus' } & Chorus)
  | ({ kind: 'connects' } & Connects)
  | ({ kind: 'idle' } & Idle)
  | ({ kind: 'posts' } & Posts)
  | ({ kind: 'sign-ins' } & SignIns)
  | ({ kind: 'endings' } & Endings)
  | ({ kind: 'storm' } & Storm)
  | ({ kind: 'pages' } & Pages)
  | ({ kind: 'slow-reader' } & SlowReader)
  | ({ kind: 'soak' } & Soak)

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
    case 'sign-ins':
      return signInAgain(task, stage)
    case 'endings':
      return endLogins(task, stage)
    case 'storm':
      return storm(task, stage)
    case 'pages':
      return leaf(task, stage)
    case 'slow-reader':
      return readSlowly(task, stage)
    case 'soak':
      return soak(task, stage)
  }
}

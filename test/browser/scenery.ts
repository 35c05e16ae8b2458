import type { Stage } from '../support/browser.ts'
import { newKey } from '../support/guest.ts'
import type { Person } from '../support/house.ts'
import { password } from './visitor.ts'

const minute = 60_000

const cast = {
  ada: 'Ada Brandt',
  bob: 'Bob Okafor',
  chi: 'Chi Nguyễn',
  dana: 'Dana Levi',
  eve: 'Eve Lindqvist',
} as const
export type Name = keyof typeof cast

interface Line {
  by: Name
  text: string
  /** Minutes since the line before. */
  after?: number
  /** Answers the line so many before it. */
  answers?: number
  likes?: readonly (readonly [string, readonly Name[]])[]
  edited?: string
}

interface Scene {
  name: string
  topic?: string
  kind: 'public' | 'private'
  lines: readonly Line[]
}

/** A small museum in a lighthouse gets ready for its opening day. */
const scenes: readonly Scene[] = [
  {
    name: 'opening day',
    topic: 'Saturday, doors at ten. Who does what, and what is still missing',
    kind: 'public',
    lines: [
      { by: 'dana', text: 'The printer sends the **programme** on Thursday: 400 copies, folded.', after: 0 },
      { by: 'dana', text: 'I will pick them up on the way in.' },
      { by: 'bob', text: 'Thank you! Then the only thing missing at the entrance is the donation box.', after: 4 },
      {
        by: 'chi',
        text: 'It is in the workshop, waiting for a second coat. Dry by tomorrow.',
        after: 2,
        likes: [['🎉', ['ada', 'dana']]],
      },
      {
        by: 'ada',
        text: 'Here is the plan for the morning, please shout if something clashes:\n\n1. 8:00 lamp room, windows and brass (Chi)\n2. 9:00 entrance, till and programmes (Dana)\n3. 9:30 everybody downstairs, coffee',
        after: 1_180,
        likes: [
          ['👍', ['bob', 'chi', 'dana']],
          ['☕', ['eve']],
        ],
      },
      { by: 'eve', text: 'Can I bring my sister? She knows how the old foghorn works.', after: 6 },
      { by: 'ada', text: 'Yes please. There are two stools beside it now.', after: 3, answers: 1 },
      { by: 'bob', text: 'The weather page says wind from the west, 5 to 6. We may have to close the gallery around noon.', after: 15 },
      { by: 'bob', text: 'I wrote down the limits we agreed on with the harbour office: [the sheet](https://harbour.example/gallery)' },
      { by: 'chi', text: '@ada could you tell the school? They are booked for 12:15, and the gallery is what they come for.', after: 5 },
      {
        by: 'ada',
        text: 'Calling them now.',
        after: 2,
        edited: 'Called them. They come at **11:30** instead.',
        likes: [['🙏', ['chi', 'bob']]],
      },
    ],
  },
  { name: 'café', kind: 'public', lines: [{ by: 'eve', text: 'The oven is back!', after: 30 }] },
  { name: 'exhibition', kind: 'public', lines: [{ by: 'chi', text: 'The lens is cleaned, the labels hang.', after: 3 }] },
  { name: 'keepers', kind: 'private', lines: [{ by: 'dana', text: '@ada the spare key is with you, is it?', after: 2 }] },
  { name: 'press', kind: 'public', lines: [{ by: 'ada', text: 'The article is in the Sunday paper.', after: 1 }] },
  { name: 'volunteers', kind: 'public', lines: [{ by: 'bob', text: 'Eleven people on the list, two more promised.', after: 1 }] },
]

/** A clock that stood at 10:42 of today when it began, less what is still to happen. */
export class SceneClock {
  #behind: number
  constructor(minutes: number) {
    const now = new Date()
    this.#behind = Date.now() - now.setUTCHours(10, 42, 0, 0) + minutes * minute
  }
  readonly now = (): number => Date.now() - this.#behind
  readonly monotonic = (): number => performance.now()
  pass(minutes: number): void {
    this.#behind -= minutes * minute
  }
}

/** Minutes that everything below takes. */
export const length = scenes.flatMap(({ lines }) => lines).reduce((sum, { after = 1 }) => sum + after, 0)

/** @returns the ids of the rooms by name. */
export async function setTheScene({ house }: Stage, clock: SceneClock): Promise<Map<string, string>> {
  const { accounts, rooms, messages } = house.service.house
  const people = {} as Record<Name, Person>
  for (const [name, display] of Object.entries(cast) as [Name, string][]) {
    await accounts.add({ name, display, password, role: name === 'ada' ? 'admin' : 'member' })
    people[name] = await house.person(name)
  }
  const members = Object.values(people).map(({ account }) => account.id)
  const who = (name: Name) => ({ account: people[name].account.id, login: people[name].login.id })
  const made = new Map<string, string>()

  async function play(room: string, lines: readonly Line[]): Promise<void> {
    const seqs: number[] = []
    for (const { by, text, after = 1, answers, likes = [], edited } of lines) {
      clock.pass(after)
      const replyTo = answers === undefined ? undefined : seqs.at(-answers)
      const { seq } = await messages.post(who(by), { room, key: newKey(), text, replyTo })
      seqs.push(seq)
      if (edited !== undefined) await messages.edit(who(by), { room, key: newKey(), seq, text: edited })
      for (const [emoji, names] of likes)
        for (const name of names) await messages.react(who(name), { room, key: newKey(), seq, emoji, on: true })
    }
  }

  for (const { name, topic, kind } of scenes) {
    made.set(name, await rooms.found({ account: 'parley' }, { name, kind, members, ...(topic && { topic }) }))
  }
  for (const { name, lines } of scenes) await play(made.get(name) ?? '', lines)
  for (const [name, text] of [
    ['bob', 'Shall I fetch you at seven?'],
    ['dana', 'Thank you for yesterday!'],
  ] as const) {
    const { id } = await rooms.direct(who(name), [people.ada.account.id])
    made.set(name, id)
    await play(id, [{ by: name, text }])
  }
  for (const room of ['café', 'press', 'volunteers', 'dana']) {
    const id = made.get(room) ?? ''
    await messages.read(who('ada'), id, (await rooms.state(people.ada.account.id, id)).last)
  }
  await messages.read(who('ada'), made.get('opening day') ?? '', 1_000)
  return made
}

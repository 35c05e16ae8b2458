import { randomBytes } from 'node:crypto'
import type { Answer, Bus, BusMessage, Question } from '../bus/bus.ts'

interface Deps {
  bus: Bus
  node: string
  controlTopic: string
  nodeTopic: (node: string) => string
}
type Answering = (question: Question) => Promise<Answer>

/** What nodes ask each other over the bus. An answer may never come: whoever asks knows what that means. */
export async function createQuestions({ bus, node, controlTopic, nodeTopic }: Deps) {
  const open = new Map<string, (from: string, answer: Answer) => void>()
  let answering: Answering | undefined

  function hear(message: BusMessage): void {
    if (message.kind === 'answer') open.get(message.id)?.(message.node, message.answer)
    if (message.kind !== 'question' || message.node === node || !answering) return
    const { id, node: asker, question } = message
    const answered = answering(question).then((answer) => bus.publish(nodeTopic(asker), { kind: 'answer', id, node, answer }))
    answered.catch(() => undefined) // no answer: it will be found in the store
  }

  const stops = await Promise.all([controlTopic, nodeTopic(node)].map((topic) => bus.subscribe(topic, hear)))

  return {
    /** From now on this node answers. */
    answerWith: (how: Answering): void => {
      answering = how
    },
    /** Asks all the others. `heard` is told of each answer as it comes, until `stop`. */
    ask(question: Question, heard: (from: string, answer: Answer) => void): { stop: () => void } {
      const id = randomBytes(12).toString('base64url')
      open.set(id, heard)
      void bus.publish(controlTopic, { kind: 'question', id, node, question })
      return { stop: () => void open.delete(id) }
    },
    close(): void {
      for (const stop of stops) stop()
      open.clear()
    },
  }
}

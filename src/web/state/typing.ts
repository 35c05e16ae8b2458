import { signal } from '@preact/signals'
import type { Client } from '../../sdk/client.ts'
import { me } from './chat.ts'

/** ms that one sign of typing lasts. */
const lasts = 5_000

const typing = signal<ReadonlyMap<string, readonly string[]>>(new Map())
const none: readonly string[] = []
const timers = new Map<string, ReturnType<typeof setTimeout>>()

export const typingIn = (room: string): readonly string[] => typing.value.get(room) ?? none

export function followTyping(client: Client): void {
  client.on('typing', ({ room, account }) => {
    if (account !== me.value) starts(room, account)
  })
  client.on('message', ({ room, message }) => stops(room, message.by))
}

function starts(room: string, account: string): void {
  const name = `${room} ${account}`
  clearTimeout(timers.get(name))
  timers.set(
    name,
    setTimeout(() => stops(room, account), lasts),
  )
  if (!typingIn(room).includes(account)) typing.value = new Map(typing.value).set(room, [...typingIn(room), account])
}

function stops(room: string, account: string): void {
  const name = `${room} ${account}`
  clearTimeout(timers.get(name))
  timers.delete(name)
  if (typingIn(room).includes(account)) {
    typing.value = new Map(typing.value).set(
      room,
      typingIn(room).filter((other) => other !== account),
    )
  }
}

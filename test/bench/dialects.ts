import type { Dialect } from '../../src/bench/dialect.ts'

const atOnce = async () => ''

/** Both peers that are bare `ws`: the room stands in the address, a text is a post. */
export const bareDialect: Dialect = {
  wish: (_, room) => ({ path: `/?room=${room}`, headers: {} }),
  welcome: atOnce,
  open: async () => undefined,
  post: (_, __, text) => text,
}

/** Engine.IO 4 carrying Socket.IO 5: `0` open, `2` ping, `3` pong, `40` connect, `42` event. */
export const socketIoDialect: Dialect = {
  wish: (_, room) => ({ path: `/socket.io/?EIO=4&transport=websocket&room=${room}`, headers: {} }),
  async welcome(line) {
    await line.next((text) => text.startsWith('0') || undefined)
    line.say('40')
    return line.next((text) => (text.startsWith('40') ? text : undefined))
  },
  open: async () => undefined,
  post: (_, __, text) => `42["post",${JSON.stringify(text)}]`,
  notice(line, bytes, from, to) {
    if (to - from === 1 && bytes[from] === 0x32) line.say('3')
  },
}

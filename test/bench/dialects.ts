import type { Dialect } from '../../src/bench/dialect.ts'
import type { Line } from '../../src/outside/line.ts'

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

const framing = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="localhost" version="1.0"/>'
const tagged = (line: Line, pattern: RegExp) => line.next((text) => (pattern.test(text) ? text : undefined))

/** XMPP over WebSocket (RFC 7395) as anybody (SASL ANONYMOUS), in a room of XEP-0045. */
export function xmppDialect(): Dialect {
  let guests = 0
  const address = (room: string) => `${room.toLowerCase()}@conference.localhost`
  return {
    // With more of them on their way the slower of the two does not answer within any patience.
    mostInFlight: 16,
    wish: () => ({ path: '/xmpp-websocket', headers: { 'Sec-WebSocket-Protocol': 'xmpp' } }),
    async welcome(line) {
      line.say(framing)
      await tagged(line, /<mechanism>ANONYMOUS</)
      line.say('<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>')
      await tagged(line, /^<success/)
      line.say(framing)
      await tagged(line, /<bind/)
      line.say('<iq xmlns="jabber:client" type="set" id="bind"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>')
      return tagged(line, /^<iq.*id=['"]bind['"]/)
    },
    async open(line, room) {
      const muc = '<x xmlns="http://jabber.org/protocol/muc"><history maxstanzas="0"/></x>'
      line.say(`<presence xmlns="jabber:client" to="${address(room)}/guest${guests++}">${muc}</presence>`)
      const answer = await tagged(line, /code=['"]110['"]|type=['"]error['"]/)
      if (!/code=['"]110['"]/.test(answer)) throw new Error(`A room could not be entered: ${answer.slice(0, 300)}`)
    },
    post: (room, _, text) => `<message xmlns="jabber:client" to="${address(room)}" type="groupchat"><body>${text}</body></message>`,
  }
}

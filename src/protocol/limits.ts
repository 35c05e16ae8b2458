/** Numbers that both ends of the wire know. Those an operator may change come with `welcome.limits`. */
export const subprotocol = 'parley.v1'
export const ticketPrefix = 'parley.ticket.'
export const cookieName = '__Host-Http-parley'
export const csrfHeader = 'x-parley-csrf'

/** ms of silence after which there is a beat, at the latest; a client gives up after twice that. */
export const beatMs = 25_000
export const openRoomsPerFrame = 200
export const pageEvents = 200
export const newestEvents = 50
/** bytes of one `open` answer. */
export const pageBytes = 256 * 1024
export const badFramesAllowed = 2
export const typingEveryMs = 3_000
export const reactionsPerMessage = 20
export const mentionsPerMessage = 50

/** Sent with `welcome`; bytes, code points, rooms, posts per second, posts, requests. */
export interface WireLimits {
  frameBytes: number
  textLength: number
  openRooms: number
  postsPerSecond: number
  postBurst: number
  pending: number
}

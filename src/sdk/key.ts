/** In the order of their bytes. */
const alphabet = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz'

/**
 * A name for what is sent that nobody else gives: 24 of `[A-Za-z0-9_-]`, the last 17 of them random (102 bits). The first 7 are the time,
 * so that what is sent at about the same time lies together in the store's index of keys.
 * @param at ms since 1970
 */
export function newKey(at = Date.now()): string {
  const time = Array.from({ length: 7 }, (_, i) => alphabet[Math.trunc(at / 64 ** (6 - i)) % 64])
  const random = Array.from(crypto.getRandomValues(new Uint8Array(17)), (byte) => alphabet[byte & 63])
  return [...time, ...random].join('')
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'

/** A name for what is sent that nobody else gives: 144 random bits, as 24 of `[A-Za-z0-9_-]`. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(24)), (byte) => alphabet[byte & 63]).join('')

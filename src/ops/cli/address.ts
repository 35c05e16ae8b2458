import { InvalidArgumentError } from 'commander'

/** Reads `https://HOST` or `https://HOST:PORT`, the address that people type, and nothing behind it. */
export function addressOption(written: string): string {
  const url = URL.parse(written)
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search || url.hash || url.username)
    throw new InvalidArgumentError('It must be https://HOST or https://HOST:PORT.')
  return url.origin
}

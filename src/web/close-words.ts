import { closes } from '../protocol/codes.ts'

const ordinary: Record<number, string> = {
  1000: 'closed as asked',
  1001: 'the server went away',
  1005: 'closed without a reason',
  1006: 'the connection broke',
  1011: 'something broke on the server',
}

/** A close code as a sentence; every one that the protocol knows has its own. */
export function closeWords(code: number | undefined): string {
  if (code === undefined) return 'no connection'
  return Object.values(closes).find((close) => close.code === code)?.words ?? ordinary[code] ?? 'closed'
}

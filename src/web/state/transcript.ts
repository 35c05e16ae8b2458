import type { Row } from './rows.ts'

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** Messages as they are pasted elsewhere, “[10:12] Ann: text”: as they were written, in the reader's time zone. */
export function transcript(rows: readonly Row[], nameOf: (account: string) => string): string {
  return rows
    .flatMap((row) =>
      row.kind === 'message' && row.message.text !== undefined && !row.message.removed
        ? `[${time.format(row.message.at)}] ${nameOf(row.message.by)}: ${row.message.text}`
        : [],
    )
    .join('\n')
}

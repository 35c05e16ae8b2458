/** Why something failed, as the log may have it and as it passes from thread to thread: with nothing in it of what people wrote. */
export interface Cause {
  type: string
  code?: string | number
  message?: string
  stack: string
}

/** What is wrong with a value (SQLSTATE class 22) is said with the value. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const quotes = /^22[0-9A-Z]{3}$/

/** The innermost cause: what is wrapped around it was made here, and says less. */
export function causeOf(error: unknown): Cause {
  if (!(error instanceof Error)) return { type: typeof error, stack: '' }
  if (error.cause instanceof Error) return causeOf(error.cause)
  const code = codeOf(error)
  // The engine puts what it stumbled over into its words: `JSON.parse` the beginning of a text. Where that was is in the stack.
  const isOfEngine = error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError
  return {
    type: error.name,
    ...(code !== undefined && { code }),
    ...(!isOfEngine && !quotes.test(String(code)) && { message: error.message }),
    stack: framesOf(error),
  }
}

/** SQLite's own number where there is one: its `code` only says that it was SQLite. */
function codeOf(error: Error & { code?: unknown; errcode?: unknown }): string | number | undefined {
  return [error.errcode, error.code].find((code) => typeof code === 'string' || typeof code === 'number')
}

const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')

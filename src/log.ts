import pino, { type DestinationStream, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Settings } from './config/schema.ts'
import { clean, cleanFields, cleanForTerminal, cleanLine } from './log/clean.ts'
import { createSink } from './log/sink.ts'

export type LogLevel = Settings['log']['level']

/** Bytes of lines that wait for a stderr that takes none; more is dropped and counted. */
const waiting = 4 * 1_048_576

/**
 * A logger that writes one JSON object a line to stderr; stdout belongs to data. What it is given is cleaned on the way:
 * names that sound like secrets, things that look like them, all of a request but its method and path.
 * A destination that fails or stalls costs lines, never the process.
 * @param options.pretty for people at a terminal. Default: whether stderr is one.
 * @param options.destination takes whole lines; what it throws is swallowed. Default: stderr.
 */
export function createLog(options: { level: LogLevel; pretty?: boolean; destination?: DestinationStream }): Logger {
  const destination = options.destination ?? createSink({ fd: 2, most: waiting, onLost: (lines) => sayLost(lines) })
  const log = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }), bindings: cleanFields, log: cleanFields },
      serializers: { err: (error: unknown) => clean(error, 1) },
      hooks: { streamWrite: cleanLine },
    },
    unfailing((options.pretty ?? process.stderr.isTTY) ? prettily(destination) : destination),
  )
  // pino would ask no formatter about what a child is bound to. Its redaction instead, which looks for the same names again in each
  // line of everybody, is half of what a line costs (16 and 8 µs: a loop of `log.info`).
  log.child = new Proxy(log.child, {
    apply: (child, parent, [bindings, options]: [object, unknown]) => Reflect.apply(child, parent, [cleanFields(bindings), options]),
  })
  const sayLost = (lines: number) =>
    log.warn({ event: 'log_lines_lost', lines }, 'stderr was too slow or full: lines of this log are missing')
  return log
}

function prettily(destination: DestinationStream): DestinationStream {
  const pretty = prettyFactory({ colorize: !process.env.NO_COLOR, translateTime: "UTC:yyyy-mm-dd'T'HH:MM:ss.l'Z'", singleLine: true })
  return { write: (line) => destination.write(pretty(cleanForTerminal(JSON.parse(line)))) }
}

const unfailing = (destination: DestinationStream): DestinationStream => ({
  write(line) {
    try {
      destination.write(line)
    } catch {
      // A full disk, a closed pipe: losing the line is the lesser evil.
    }
  },
})

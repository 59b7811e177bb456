/** The log: JSON, one line for each entry; on a terminal, lines to be read. */
import { isatty } from 'node:tty';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { describeError } from './log/error.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What goes with a message. Errors are told by name and message, with their stack at level `debug` only. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Where parts of the controller report. The message is constant; what varies goes into the fields. Never the
 * contents of a Secret, arguments or environments.
 */
export interface Log {
  debug(fields: Fields, message: string): void;
  info(fields: Fields, message: string): void;
  warn(fields: Fields, message: string): void;
  error(fields: Fields, message: string): void;
  /** The same log, with these fields in every entry. */
  child(fields: Fields): Log;
}

/**
 * The log of a process. Every entry is written before the call returns, so that none is lost when the process ends.
 *
 * @param to - default: standard output
 * @example createLog('info').info({ task: 'default/build' }, 'the pod was created')
 */
export function createLog(level: LogLevel, to: DestinationStream = standardOutput()): Log {
  const logger = pino(
    {
      level,
      // Neither pid nor host name: in a pod the one is 1, and the other what the collector of logs knows anyway.
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Pino's own of this field tells all that an error carries.
      serializers: { err: (error: unknown) => error },
    },
    to,
  );
  return logOf(logger, level === 'debug');
}

function logOf(logger: Logger, stacks: boolean): Log {
  const plain = (fields: Fields): Fields => {
    const entries = Object.entries(fields);
    if (!entries.some(([, value]) => value instanceof Error)) return fields;
    return Object.fromEntries(
      entries.map(([key, value]) => [key, value instanceof Error ? describeError(value, stacks) : value]),
    );
  };
  const at = (level: LogLevel) => (fields: Fields, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](plain(fields), message);
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOf(logger.child(plain(fields)), stacks),
  };
}

function standardOutput(): DestinationStream {
  const stdout = destination({ dest: 1, sync: true });
  return isatty(1) ? { write: (line) => stdout.write(readable(line)) } : stdout;
}

/**
 * A line of the log for a person.
 *
 * @param line - an entry, as JSON with its newline
 * @example readable('{"level":"info","time":"2026-01-01T00:00:00.000Z","task":"a","msg":"done"}\n') // '00:00:00.000 info  done task=a\n'
 */
export function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const said = Object.entries(fields).map(([key, value]) => ` ${key}=${word(value)}`);
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(msg)}${said.join('')}\n`;
}

/** Quoted where it is no plain word, so that no value can forge a field or a line. */
function word(value: unknown): string {
  return typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
}

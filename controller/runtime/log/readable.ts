/** A line of the log for a person. */

/**
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

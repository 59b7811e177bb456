/**
 * The environment of `taskflow run`, for its steps. Node knows variables as text only, and what is no UTF-8 in them is
 * lost on the way; on Linux the kernel still has the bytes, and a shell can pass them on.
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

export interface Started {
  file: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
}

/** How to start a program with this process's environment and `added`, which wins. */
export function withEnvironment(
  [file, ...args]: readonly [string, ...string[]],
  added: Readonly<Record<string, string>>,
): Started {
  const env: NodeJS.ProcessEnv = { ...process.env };
  const raw = notText(readEnvironment()).filter(({ name }) => {
    delete env[name.toString()];
    return !Object.hasOwn(added, name.toString());
  });
  Object.assign(env, added);
  if (raw.length === 0) return { file, args, env };
  // The shell makes the bytes; env takes any name, also one that a shell has no variable for.
  const words = raw.map(({ entry }) => `w=$(printf '${octal(entry)}.'); set -- "\${w%.}" "$@"; `);
  const script = `${words.join('')}unset w; exec env "$@"`;
  // What env would take for a variable is no longer its first word.
  const program = ['sh', '-c', 'exec "$0" "$@"', file, ...args];
  return { file: '/bin/sh', args: ['-c', script, 'sh', ...program], env };
}

function readEnvironment(): Buffer {
  try {
    return readFileSync('/proc/self/environ');
  } catch {
    return Buffer.alloc(0);
  }
}

/** The variables in `environ`, each ended by a NUL, that are no UTF-8. */
function notText(environ: Buffer): { name: Buffer; entry: Buffer }[] {
  if (isUtf8(environ)) return [];
  const found: { name: Buffer; entry: Buffer }[] = [];
  for (let begin = 0, end; (end = environ.indexOf(0, begin)) >= 0; begin = end + 1) {
    const entry = environ.subarray(begin, end);
    const equals = entry.indexOf('=');
    if (equals > 0 && !isUtf8(entry)) found.push({ name: entry.subarray(0, equals), entry });
  }
  return found;
}

/** For printf(1). */
const octal = (bytes: Buffer): string =>
  [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');

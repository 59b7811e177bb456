/** The programs that the benchmarks need: two small ones compiled from `bench/fixtures`, and tini. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../scripts/build-agent/apt.ts';
import { onPath, requireCommands } from '../../scripts/build-agent/commands.ts';
import { type Place } from './place.ts';

export const TRUE = '/bin/true';
const TINI = '/usr/bin/tini-static';

/** Compiles `bench/fixtures/NAME.c` to a static executable in the place and returns its path. */
export async function compile(place: Place, name: 'spawn' | 'stamp'): Promise<string> {
  await requireCommands(['gcc'], say);
  const program = join(place.directory, name);
  const source = join(import.meta.dirname, `../fixtures/${name}.c`);
  await place.run(['gcc', '-O2', '-static', '-Wall', '-Werror', '-o', program, source]);
  return program;
}

/** The path of tini-static, installed if that is allowed; `undefined` when it is not here and cannot be had. */
export async function findTini(): Promise<string | undefined> {
  if (!existsSync(TINI) && process.getuid?.() === 0 && (await onPath('apt-get'))) {
    say('installing tini');
    await install(['tini']).catch((error: unknown) => say(String(error)));
  }
  return existsSync(TINI) ? TINI : undefined;
}

export function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}

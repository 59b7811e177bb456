/** Programs on a terminal of their own, and somebody who types. */
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { type Agent } from './agents.ts';
import { hear } from './hear.ts';
import { waitUntil } from './wait-until.ts';

export const CTRL_C = '\u0003';
export const CTRL_Z = '\u001A';
export const CTRL_BACKSLASH = '\u001C';

interface Terminal {
  /** Types, once the terminal shows `after` behind what it showed at the last time. */
  type(keys: string, after: string): Promise<void>;
  /** Everything that the terminal showed, once the program ended, and its exit code. */
  over(): Promise<{ exitCode: number | undefined; shown: string }>;
}

/** Starts a program as the leader of a session that the terminal controls, as a container with `tty: true` is. */
export function onTerminal({ command }: Pick<Agent, 'command'>, args: readonly string[]): Terminal {
  const words = [...command, ...args].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  const subprocess = execa(
    'script',
    ['--quiet', '--return', '--command', `exec ${words.join(' ')}`, '/dev/null'],
    {
      env: { SHELL: '/bin/sh', TERM: 'dumb' },
      reject: false,
      stdin: 'pipe',
      buffer: false,
    },
  );
  onTestFinished(() => void subprocess.kill('SIGKILL'));
  const heard = hear(subprocess.stdout);
  let seen = 0;
  return {
    async type(keys, after) {
      await waitUntil(`the terminal shows ${after} behind ${heard().slice(0, seen)}`, () =>
        heard().includes(after, seen),
      );
      seen = heard().indexOf(after, seen) + after.length;
      subprocess.stdin.write(keys);
    },
    async over() {
      const { exitCode } = await subprocess;
      return { exitCode, shown: heard().replaceAll('\r', '') };
    },
  };
}

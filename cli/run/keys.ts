/** What a person types at a held run. The terminal stays as it is: it echoes, and knows ^C, ^Z and the keys that erase. */
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { isatty } from 'node:tty';
import { UsageError } from '../../shared/turn/errors.ts';
import { RESUME_ACTIONS, type ResumeAction } from '../../shared/turn/resume.ts';
import { type Resume } from './holds.ts';

/**
 * Reads what is typed, while there is something to say and this process is in the foreground: one that reads a terminal in
 * the background is stopped. The returned functions begin, and end, to read.
 *
 * @param say - is told what cannot be done; `typed` of each line
 */
export function readKeys(
  resume: (asked: Resume) => Promise<unknown>,
  { say, typed }: { say: (line: string) => void; typed: () => void },
): { listen: () => void; rest: () => void } {
  let lines: Interface | undefined;
  const rest = (): void => {
    lines?.close();
    lines = undefined;
  };
  return {
    rest,
    listen() {
      if (lines !== undefined || !canType()) return;
      // No prompt and no editing of its own, which would take the terminal's keys away.
      lines = createInterface({ input: process.stdin, terminal: false });
      lines.on('line', (line) => {
        typed();
        const asked = parseKeys(line);
        if (asked === undefined) return line.trim() === '' ? undefined : say(HELP);
        resume(asked).catch((error: unknown) => {
          if (error instanceof UsageError) say(error.message);
          else throw error;
        });
      });
    },
  };
}

const HELP =
  'expected c (Continue), r (Retry), s (Skip) or f (Fail), and the name of a step if several are held';

/** @example parseKeys('s publish') // { action: 'Skip', step: 'publish' } */
export function parseKeys(line: string): Resume | undefined {
  const [word = '', step, ...more] = line.trim().split(/\s+/);
  const action = RESUME_ACTIONS.find((each): each is ResumeAction =>
    [each.toLowerCase(), each.slice(0, 1).toLowerCase()].includes(word.toLowerCase()),
  );
  return action === undefined || more.length > 0 ? undefined : { action, step };
}

/** Whether what a person types would be read. */
export function canType(): boolean {
  return isatty(0) && isInForeground();
}

/** Whether the terminal is this process group's now; only Linux says so here. */
function isInForeground(): boolean {
  try {
    const text = readFileSync('/proc/self/stat', 'latin1');
    const [, , group, , , foreground] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}

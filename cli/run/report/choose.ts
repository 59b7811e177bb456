import { type Reporter } from '../events.ts';

/** Shows a run as the user asked for it; a live list where nobody did and a terminal can take it. */
export async function chooseReporter(output: 'plain' | 'json' | undefined): Promise<Reporter> {
  const { stdout, stderr, env } = process;
  if (output === 'json') return (await import('./json.ts')).jsonReporter(stdout);
  if (output === undefined && stdout.isTTY && stderr.isTTY && isLively(stdout, env))
    return (await import('./live.ts')).liveReporter(stdout);
  return (await import('./plain.ts')).plainReporter({ stdout, stderr });
}

/** A terminal that does not know its size or its kind cannot be drawn on, and the log of a CI should not be. */
function isLively({ columns }: { columns: number }, { TERM = '', CI = '' }: NodeJS.ProcessEnv): boolean {
  return columns > 0 && !['', 'dumb', 'unknown'].includes(TERM) && ['', '0', 'false'].includes(CI);
}

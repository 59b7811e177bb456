import { type Outcome } from '../shared/outcome.ts';

/**
 * The agent's exit codes are an API: the command's own code, 128+n when signal n ended it, and these.
 * 124 to 127 are those of timeout(1), env(1) and the POSIX shell.
 */
export const EXIT = {
  SKIPPED: 121,
  CANCELLED: 122,
  TIMED_OUT: 124,
  AGENT_FAILED: 125,
  NOT_EXECUTABLE: 126,
  NOT_FOUND: 127,
  SIGNALED: 128,
} as const;

/** What the container exits with after this outcome. */
export function containerExitCode(of: Pick<Outcome, 'outcome' | 'exitCode'>): number {
  return of.outcome === 'Continued' ? 0 : of.exitCode;
}

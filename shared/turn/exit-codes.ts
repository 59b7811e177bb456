import type { Outcome } from './outcome.ts';

/**
 * The agent's own exit codes; they are an API. Any other code is the command's. 124 to 128 mean what they mean to
 * timeout(1), env(1) and the POSIX shell.
 */
export const EXIT_CODES = {
  SKIPPED: { code: 121, help: 'skipped: an earlier step stopped the chain' },
  CANCELLED: { code: 122, help: 'cancelled before the command started' },
  RESULTS: { code: 123, help: 'the command succeeded, but its results cannot be posted' },
  TIMED_OUT: { code: 124, help: 'timed out' },
  AGENT_FAILED: { code: 125, help: 'the agent itself failed: bad flags, cannot post the outcome' },
  NOT_EXECUTABLE: { code: 126, help: 'the command cannot be executed' },
  NOT_FOUND: { code: 127, help: 'the command was not found' },
  SIGNALED: { code: 128, help: '128+n: the command was ended by signal n' },
} as const;

/** What the container exits with after this outcome. */
export function containerExitCode(of: Pick<Outcome, 'outcome' | 'exitCode'>): number {
  return of.outcome === 'Continued' ? 0 : of.exitCode;
}

/** The results of a step: small files that its command leaves, for those who read the outcome. */
import { encodeOutcome, MAX_OUTCOME_BYTES, OutcomeError, type Outcome } from '../shared/turn/outcome.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { SystemError } from '../shared/turn/errors.ts';
import { type Files } from './platform.ts';

/** The environment variable that tells the command where to leave them. */
export const RESULTS_VARIABLE = 'TASKFLOW_RESULTS';

/**
 * The outcome with the results in it. Where they cannot be posted, a success becomes a failure that says why; a
 * failure keeps its own code and says it too.
 */
export function withResults(files: Files, directory: string, outcome: Outcome): Outcome {
  try {
    const found = files.list(directory).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (found.length === 0) return outcome;
    const complete = { ...outcome, results: readResults(files, directory, found) };
    if (!fits(complete)) throw tooLarge(found);
    return complete;
  } catch (error) {
    if (!(error instanceof ResultsError || error instanceof SystemError)) throw error;
    const message = `its results cannot be posted: ${error.message}`;
    if (outcome.outcome !== 'Succeeded') return { ...outcome, message: `${outcome.message}; ${message}` };
    return {
      ...outcome,
      outcome: 'Failed',
      exitCode: EXIT_CODES.RESULTS.code,
      reason: 'ResultsRefused',
      message,
    };
  }
}

interface Found {
  name: string;
  /** Bytes. */
  size: number;
}

class ResultsError extends Error {
  override name = 'ResultsError';
}

function readResults(files: Files, directory: string, found: readonly Found[]): Record<string, string> {
  const total = found.reduce((sum, { size }) => sum + size, 0);
  // Before reading: nobody needs a gigabyte in memory to be told that it is too much.
  if (total > MAX_OUTCOME_BYTES) throw tooLarge(found);
  return Object.fromEntries(found.map(({ name }) => [name, readResult(files, directory, name)]));
}

function readResult(files: Files, directory: string, name: string): string {
  try {
    return files.read(`${directory}/${name}`);
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EILSEQ') {
      throw new ResultsError(`${name} is not valid UTF-8; encode it, with base64 for example`);
    }
    throw error;
  }
}

function fits(outcome: Outcome): boolean {
  try {
    encodeOutcome(outcome);
    return true;
  } catch (error) {
    if (error instanceof OutcomeError) return false;
    throw error;
  }
}

function tooLarge(found: readonly Found[]): ResultsError {
  const sizes = found.map(({ name, size }) => `${name} ${size}`).join(', ');
  return new ResultsError(
    `they are too large (bytes: ${sizes}); the whole outcome has at most ${MAX_OUTCOME_BYTES}`,
  );
}

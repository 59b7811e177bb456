/** The results of a step: small files that its command leaves, for later steps and for those who read the outcome. */
import { MAX_OUTCOME_BYTES, utf8Length, type Outcome } from '../shared/turn/outcome.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { SystemError } from '../shared/turn/errors.ts';
import { MAX_RESULT_BYTES, MAX_RESULTS, RESULT_NAME } from '../shared/turn/results.ts';
import { type Files } from './platform.ts';

/** The environment variable that tells the command where to leave them. */
export const RESULTS_VARIABLE = 'TASKFLOW_RESULTS';

/** What may still come into an outcome: the gate, and another word for how the step ended, and why. */
const RESERVED = 96;

/** Files that cannot be results; the message names the file. */
export class ResultsError extends Error {
  override name = 'ResultsError';
}

/**
 * The outcome with the results in it: the smallest first, as far as they fit, and of the others the sizes. Where some
 * cannot be posted, a success becomes a failure that says why; a failure keeps its own code and says it too.
 */
export function withResults(
  files: Files,
  { directory, outcomeBytes }: { directory: string; outcomeBytes: number },
  outcome: Outcome,
): Outcome {
  try {
    return fitted(readResults(files, directory), outcome, outcomeBytes);
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

/** One result, without its final newline. */
export interface Result {
  readonly name: string;
  readonly text: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Reads one. A link, a FIFO or whatever else may be in its place is neither followed nor waited for.
 *
 * @throws {ResultsError}
 * @throws {SystemError} `ENOENT` where there is none
 */
export function readResult(files: Files, directory: string, name: string): Result {
  try {
    const { text, size } = files.readPlain(directory, name, MAX_RESULT_BYTES + 1);
    const result = text.endsWith('\n')
      ? { name, text: text.slice(0, -1), size: size - 1 }
      : { name, text, size };
    if (result.size <= MAX_RESULT_BYTES) return result;
    throw new SystemError('EFBIG', name);
  } catch (error) {
    const why = error instanceof SystemError ? UNFIT[error.code] : undefined;
    throw why === undefined ? error : new ResultsError(`${name} ${why}`);
  }
}

const UNFIT: Readonly<Record<string, string>> = {
  EFBIG: `is larger than ${MAX_RESULT_BYTES} bytes; leave it in a workspace instead`,
  EILSEQ: 'is not valid UTF-8; encode it, with base64 for example',
  EISDIR: 'is a directory; a result is a file',
  ELOOP: 'is a symbolic link; a result is a file',
  ENXIO: 'is no regular file; a result is one',
};

function readResults(files: Files, directory: string): Result[] {
  const names = files.list(directory).toSorted((a, b) => (a < b ? -1 : 1));
  return names.map((name) => {
    if (!RESULT_NAME.test(name)) {
      const rule = 'write letters, digits, "_", "-" and ".", 63 at most';
      throw new ResultsError(`${JSON.stringify(name)} is no name of a result; ${rule}`);
    }
    const result = readResult(files, directory, name);
    // What cannot be posted need not stay in memory.
    return result.size > MAX_OUTCOME_BYTES ? { ...result, text: '' } : result;
  });
}

/** @param most - bytes of the outcome that whoever reads it gets; names and sizes may take more */
function fitted(found: readonly Result[], outcome: Outcome, most: number): Outcome {
  if (found.length === 0) return outcome;
  const room = Math.min(most, MAX_OUTCOME_BYTES) - RESERVED;
  const made = (whole: ReadonlySet<Result>): Outcome => {
    const results = found.flatMap((each) => (whole.has(each) ? [[each.name, each.text] as const] : []));
    const sizes = found.flatMap((each) => (whole.has(each) ? [] : [[each.name, each.size] as const]));
    return {
      ...outcome,
      ...(results.length > 0 && { results: Object.fromEntries(results) }),
      ...(sizes.length > 0 && { resultSizes: Object.fromEntries(sizes) }),
    };
  };
  const whole = new Set<Result>();
  if (found.length > MAX_RESULTS || length(made(whole)) > MAX_OUTCOME_BYTES - RESERVED)
    throw new ResultsError(
      `they are too many: the names and sizes of ${found.length} do not fit into the outcome`,
    );
  for (const each of found.toSorted((a, b) => a.size - b.size)) {
    if (each.size > room) break;
    whole.add(each);
    if (length(made(whole)) > room) whole.delete(each);
  }
  return made(whole);
}

function length(outcome: Outcome): number {
  return utf8Length(JSON.stringify(outcome));
}

/** One thing that is wrong with a manifest. */
export interface Problem {
  /** The file as the user named it; `<stdin>` for standard input. */
  file: string;
  /** Counted from 1; 0 when the problem is with the file as a whole. */
  line: number;
  /** Counted from 1 in UTF-16 code units, as editors do; 0 when the problem is with the file as a whole. */
  column: number;
  /** The field, such as `spec.steps[1].image`; empty for the whole document or for YAML that cannot be read. */
  path: string;
  /** What was found, what was expected and what to do. Long values and values of environment variables are never in it. */
  message: string;
}

const SHOWN = 20;

/**
 * Manifests that cannot be used, with everything that is wrong in them. `message` is what to print: one line for each
 * problem, `FILE:LINE:COLUMN: PATH: message`, at most 20 of them.
 *
 * @example
 * try {
 *   parseTasks(text, 'task.yaml');
 * } catch (error) {
 *   if (error instanceof ManifestError) console.error(error.message);
 *   else throw error;
 * }
 */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(summary(problems), options);
    this.problems = problems;
  }
}

function summary(problems: readonly Problem[]): string {
  const lines = problems.slice(0, SHOWN).map(formatProblem);
  if (problems.length > SHOWN) lines.push(`… and ${problems.length - SHOWN} more`);
  return lines.join('\n');
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

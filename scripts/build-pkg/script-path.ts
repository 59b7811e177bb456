import { join } from 'node:path';

/** Long enough for most checkouts. */
const LENGTH = 220;
const NAME = 'taskflow.cjs';

/**
 * Where to put the script, below `directory`. Node stores the absolute path in the executable, length first and
 * unused; this one has the same length in every checkout, so that `forgetPath` can put the same text over it.
 */
export function scriptPath(directory: string): string {
  const missing = LENGTH - join(directory, '/', NAME).length - 1;
  return join(directory, '_'.repeat(Math.max(1, missing)), NAME);
}

/** Replaces the script's path: the executable's bytes shall not tell where it was built. Throws where it is not. */
export function forgetPath(executable: Buffer, path: string): void {
  const at = executable.indexOf(path);
  if (at < 0 || executable.includes(path, at + 1))
    throw new Error(
      `the executable does not name its script ${path} once: another pkg or Node than expected?`,
    );
  executable.write(NAME.padStart(Buffer.byteLength(path), '/'), at);
}

import { SystemError } from './turn/errors.ts';

/**
 * Prints a text on standard output, and waits until it is taken.
 *
 * @throws {SystemError} when it is not: the disk is full, or nobody reads any more (EPIPE)
 */
export async function print(text: string): Promise<void> {
  const { stdout } = process;
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    stdout.on('error', resolve);
    stdout.write(text, (problem) => resolve(problem ?? undefined));
  });
  if (error !== undefined) throw new SystemError(error.code ?? 'EIO', 'cannot write to standard output');
}

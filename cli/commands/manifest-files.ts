/** Which manifests a command reads: files, directories, standard input. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../shared/turn/errors.ts';

/** The option of every command that reads Tasks; words without a dash mean the same. */
export const manifestOption = {
  filename: {
    alias: 'f',
    type: 'string',
    array: true,
    describe:
      'A Task manifest, as FILE is: a file, a directory of *.yaml, *.yml and *.json, or - for standard input',
  },
} as const;

/**
 * The files to read, those of a directory in the order of their names.
 *
 * @param given - what the user named
 * @throws {UsageError}
 */
export async function manifestFiles(given: readonly string[]): Promise<string[]> {
  if (given.length === 0) throw new UsageError('no manifest; name a file, or - for standard input');
  if (given.includes(''))
    throw new UsageError('the name of a manifest is empty; name a file, or - for standard input');
  if (given.filter((name) => name === '-').length > 1)
    throw new UsageError('- can be read only once; give it once');
  const url = given.find((name) => /^https?:\/\//.test(name));
  if (url !== undefined)
    throw new UsageError(`${url}: only files are read; write curl -fsSL URL | taskflow run -f -`);
  return (await Promise.all(given.map(filesAt))).flat();
}

async function filesAt(path: string): Promise<string[]> {
  if (path === '-') return [path];
  // What is no directory is for the reader of manifests to judge.
  const names = await readdir(path).catch(() => undefined);
  if (names === undefined) return [path];
  const manifests = names.filter((name) => /\.(ya?ml|json)$/.test(name)).toSorted();
  if (manifests.length === 0) throw new UsageError(`${path} has no manifest: no *.yaml, *.yml or *.json`);
  return manifests.map((name) => join(path, name));
}

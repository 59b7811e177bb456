/** Which manifests a command reads: files, directories, standard input. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadManifests, type Manifests, type ReadOptions } from '../../shared/manifest/index.ts';
import { UsageError } from '../../shared/turn/errors.ts';
import { warn } from '../print.ts';

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

/** More objects that nobody uses are only counted. */
const NAMED = 20;

/**
 * Reads the Tasks that the user named and the ConfigMaps and Secrets beside them, and says on standard error what else
 * is there.
 *
 * @throws {UsageError} @throws {ManifestError}
 */
export async function readManifests(given: readonly string[], options: ReadOptions = {}): Promise<Manifests> {
  const manifests = await loadManifests(await manifestFiles(given), options);
  const { others } = manifests;
  for (const { value, file, line, column } of others.slice(0, NAMED))
    warn(`${file}:${line}:${column}: ${value} is not used; only Tasks, ConfigMaps and Secrets are`);
  if (others.length > NAMED) warn(`${others.length - NAMED} more objects are not used`);
  return manifests;
}

/**
 * The files to read, those of a directory in the order of their names.
 *
 * @param given - what the user named
 * @throws {UsageError}
 */
async function manifestFiles(given: readonly string[]): Promise<string[]> {
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

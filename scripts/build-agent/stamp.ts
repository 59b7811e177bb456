import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileSha256, sha256 } from './cache.ts';

/** What an executable was made from and what came out. */
export interface Stamp {
  readonly inputs: string;
  readonly output: string;
}

/**
 * The digest of everything that decides what an executable is: names and contents, in any order.
 *
 * @example inputsDigest({ 'main.c': '…', flags: ['-Os'] })
 */
export function inputsDigest(inputs: Readonly<Record<string, string | readonly string[]>>): string {
  const names = Object.keys(inputs).toSorted();
  return sha256(JSON.stringify(names.map((name) => [name, inputs[name]])));
}

/** Whether `output` is what these inputs made, unchanged since. A stamp that cannot be read is no stamp. */
export async function isUpToDate(stampPath: string, inputs: string, output: string): Promise<boolean> {
  const stamp = parseStamp(await readFile(stampPath, 'utf8').catch(() => ''));
  return stamp?.inputs === inputs && stamp.output === (await fileSha256(output));
}

export function parseStamp(text: string): Stamp | undefined {
  const [inputs, output, ...rest] = text.trimEnd().split('\n');
  return inputs && output && rest.length === 0 ? { inputs, output } : undefined;
}

export async function writeStamp(stampPath: string, { inputs, output }: Stamp): Promise<void> {
  await mkdir(dirname(stampPath), { recursive: true });
  const unfinished = `${stampPath}.${process.pid}`;
  await writeFile(unfinished, `${inputs}\n${output}\n`);
  await rename(unfinished, stampPath);
}

export interface Built {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Lets `make` write `output`, unless what is there was made of the same inputs and is as it was made. */
export async function makeOnce(
  output: string,
  { stamp, inputs }: { stamp: string; inputs: string },
  make: () => Promise<void>,
): Promise<Built> {
  if (!(await isUpToDate(stamp, inputs, output))) {
    await make();
    await writeStamp(stamp, { inputs, output: (await fileSha256(output)) ?? '' });
  }
  return { path: output, bytes: (await stat(output)).size, sha256: (await fileSha256(output)) ?? '' };
}

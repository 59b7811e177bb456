import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ManifestError } from './errors.ts';
import { MAX_BYTES } from './text.ts';

/** What a file is called in messages: standard input has no name of its own. */
export function displayName(file: string): string {
  return file === '-' ? '<stdin>' : file;
}

/**
 * Reads a manifest: a file, a pipe, a device, or standard input for `-`. It never holds more than 1 MiB and one byte, the
 * byte being how `parseTasks` knows that there is more.
 *
 * @returns the bytes, at most 1,048,577 of them
 * @throws ManifestError when the file is not there, is a directory or cannot be read; the cause is kept
 *
 * @example
 * const bytes = await readManifest('task.yaml');
 */
export async function readManifest(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await readStdin() : await readFile(file);
  } catch (error) {
    const problem = { file: displayName(file), line: 0, column: 0, path: '', message: explain(error) };
    throw new ManifestError([problem], { cause: error });
  }
}

async function readFile(file: string): Promise<Uint8Array> {
  await using handle = await open(file, constants.O_RDONLY);
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    // No position: a pipe or a device has none.
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES + 1);
}

function explain(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return CURES[code] ?? `cannot be read (${code})`;
}

const CURES: Record<string, string> = {
  ENOENT: 'no such file; check the path',
  ENOTDIR: 'no such file: a part of the path is not a directory; check the path',
  EISDIR: 'this is a directory; name a file in it',
  EACCES: 'no permission to read it; make it readable (chmod +r)',
  EPERM: 'no permission to read it; make it readable (chmod +r)',
  ELOOP: 'a symbolic link that leads to itself; check where it points',
};

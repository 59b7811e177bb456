import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadTasks, ManifestError, readManifest } from '../../../shared/manifest/index.ts';
import { stepWith } from '../fixtures/texts.ts';

const load = fileURLToPath(new URL('../fixtures/load.ts', import.meta.url));
let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'manifest-'));
});

afterAll(() => rm(directory, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text);
  return file;
}

async function errorOf(promise: Promise<unknown>): Promise<ManifestError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ManifestError) return error;
  throw new Error('expected a ManifestError', { cause: error });
}

it('reads the Tasks of all files in order', async () => {
  const one = await write('one.yaml', stepWith().replace('demo', 'first'));
  const two = await write(
    'two.yaml',
    `${stepWith().replace('demo', 'second')}---\n${stepWith().replace('demo', 'third')}`,
  );
  const tasks = await loadTasks([one, two]);
  expect(tasks.map(({ metadata }) => metadata.name)).toEqual(['first', 'second', 'third']);
});

it('collects the problems of all files', async () => {
  const bad = await write('bad.yaml', stepWith('tty: 5'));
  const good = await write('good.yaml', stepWith());
  const same = await write('same.yaml', stepWith());
  const gone = join(directory, 'gone.yaml');
  const error = await errorOf(loadTasks([gone, bad, good, same]));
  expect(error.message.split('\n')).toEqual([
    `${gone}: no such file; check the path`,
    `${bad}:9:12: spec.steps[0].tty: expected true or false, found the number 5`,
    `${same}:4:9: metadata.name: the Task "demo" is at ${good}:4:9 already; give one of them another name or namespace`,
  ]);
});

it.each([
  ['a directory', () => directory, 'EISDIR', 'this is a directory; name a file in it'],
  [
    'a path through a file',
    async () => join(await write('f', ''), 'x'),
    'ENOTDIR',
    'no such file: a part of the path is not a directory; check the path',
  ],
  ['a name that is too long', () => 'a'.repeat(300), 'ENAMETOOLONG', 'cannot be read (ENAMETOOLONG)'],
])('says why it cannot read %s, and keeps the cause', async (_, path, code, message) => {
  const file = await path();
  const error = await errorOf(readManifest(file));
  expect(error.problems).toEqual([{ file, line: 0, column: 0, path: '', message }]);
  expect(error.cause).toMatchObject({ code });
});

it('says when it may not read a file', async () => {
  const file = await write('secret.yaml', stepWith());
  await chmod(file, 0);
  const { message } = await asNobody(() => errorOf(readManifest(file)));
  expect(message).toBe(`${file}: no permission to read it; make it readable (chmod +r)`);
});

it('reads no more than it must of a device without an end', async () => {
  await expect(readManifest('/dev/zero')).resolves.toHaveLength(1024 * 1024 + 1);
});

it('reads a Task from standard input', async () => {
  const { stdout } = await execa(process.execPath, [load, '-'], { input: stepWith() });
  expect(stdout).toBe('demo');
});

it('stops reading standard input that has no end', async () => {
  const script = `yes | "$0" "$1" -`;
  const { stdout } = await execa('sh', ['-c', script, process.execPath, load], { reject: false });
  expect(stdout).toBe(
    '<stdin>:1:1: larger than 1 MiB, the most that taskflow reads; move large data to a ConfigMap or into the image',
  );
});

/** Permissions do not stop root: as root the work is done by a user who has none. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

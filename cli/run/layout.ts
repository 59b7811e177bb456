/** The directories of one local run: the files that a pod would have from the kubelet. */
import { access, chmod, constants, mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { SystemError, UsageError } from '../../shared/turn/errors.ts';
import { type LocalPaths, type LocalWorkspace } from './workspaces.ts';
import { encodeOver, type Over } from '../../shared/turn/over.ts';
import { encodeResumes, type Resumes } from '../../shared/turn/resume.ts';
import { type AgentFiles } from '../../shared/pod/step-command.ts';

export interface Layout {
  root: string;
  scripts: string;
  /** The FIFO that says by its writer that the run lives, and by its readers that an agent of it does. */
  lifeline: string;
  /** Step `number`'s directory for temporary files. */
  temporary: (number: number) => string;
  /** The named pipes for step `number`'s output. */
  pipes: (number: number) => { stdout: string; stderr: string };
  /** Where the workspaces are. */
  workspaces: string;
  /** What `$(results.NAME.path)` is. */
  paths: LocalPaths;
  /** The files of step `number`'s agent. @param after - the numbers of its predecessors */
  files: (number: number, after?: readonly number[]) => AgentFiles;
}

/** The names of all runs' directories begin so. */
export const PREFIX = 'taskflow-run-';

/** Where runs have their directories. `TMPDIR` may be relative; steps run elsewhere. */
export const parentDirectory = (): string => resolve(tmpdir());

/** Where everything would be, below `root`. */
export function layoutAt(root: string): Layout {
  const run = (number: number): string => join(root, 'run', String(number));
  return {
    root,
    scripts: join(root, 'scripts'),
    lifeline: join(root, 'lifeline'),
    temporary: (number) => join(root, 'tmp', String(number)),
    pipes: (number) => ({
      stdout: join(root, 'pipes', `${number}.out`),
      stderr: join(root, 'pipes', `${number}.err`),
    }),
    workspaces: join(root, 'workspaces'),
    paths: {
      run,
      result: (number, name) => join(run(number), 'results', name),
    },
    files: (number, before = []) => ({
      order: join(root, 'podinfo/order'),
      gate: join(root, 'podinfo/gate'),
      over: join(root, 'podinfo/over'),
      resume: join(root, 'podinfo/resume'),
      before: before.map(run),
      own: run(number),
      // Not there, so not written: inside a container the real one belongs to somebody else.
      terminationLog: join(run(number), 'termination-log'),
    }),
  };
}

/**
 * Makes the directories of a run of `steps` steps, readable by this user only.
 *
 * @throws {UsageError} when there is no place for them
 */
export async function makeLayout(steps: number): Promise<Layout> {
  const parent = parentDirectory();
  return inPlace(parent, async () => {
    const layout = layoutAt(await mkdtemp(join(parent, PREFIX)));
    for (const directory of ['scripts', 'podinfo', 'pipes', 'run', 'tmp', 'workspaces'])
      await mkdir(join(layout.root, directory));
    for (let number = 1; number <= steps; number++) {
      await mkdir(layout.files(number).own);
      await mkdir(layout.temporary(number));
    }
    return layout;
  });
}

/** Writes a script byte for byte, runnable by anybody: what the ConfigMap volume of a pod has. @throws {UsageError} */
export async function writeScript({ path, text }: { path: string; text: string }): Promise<void> {
  await inPlace(dirname(path), async () => {
    await writeFile(path, text);
    await chmod(path, 0o555);
  });
  if (!text.startsWith('#!')) return;
  await access(path, constants.X_OK).catch(() => {
    throw new UsageError(
      `the system runs no scripts that are in ${dirname(path)}; set TMPDIR to a directory that is not mounted noexec`,
    );
  });
}

/**
 * Makes a workspace, with the files that it has to begin with.
 *
 * @param parts - the directories in it that steps have instead of all of it
 * @throws {UsageError}
 */
export async function makeWorkspace(
  { path, files }: LocalWorkspace,
  parts: readonly string[],
): Promise<void> {
  await inPlace(path, async () => {
    for (const directory of [path, ...parts]) await mkdir(directory, { recursive: true });
    for (const [name, { bytes, mode }] of files) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), bytes);
      await chmod(join(path, name), mode);
    }
  });
}

/** Sets the order. @throws {UsageError} */
export async function writeOrder(layout: Layout, order: number): Promise<void> {
  await replace(layout.files(1).order, `${order}\n`);
}

/** Says which steps are over that post no outcome. @throws {UsageError} */
export async function writeOver(layout: Layout, over: Over): Promise<void> {
  const { over: file } = layout.files(1);
  if (file !== undefined) await replace(file, encodeOver(over));
}

/** Says what held steps are told. @throws {UsageError} */
export async function writeResumes(layout: Layout, resumes: Resumes): Promise<void> {
  const { resume: file } = layout.files(1);
  if (file !== undefined) await replace(file, encodeResumes(resumes));
}

/** Writes a file, whole or not at all. */
async function replace(file: string, text: string): Promise<void> {
  await inPlace(dirname(file), async () => {
    const temporary = join(dirname(file), `.${basename(file)}`);
    await writeFile(temporary, text);
    await rename(temporary, file);
  });
}

/** A directory for temporary files that is missing, full or somebody else's is nothing that is wrong with taskflow. */
async function inPlace<T>(directory: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const { message } = new SystemError(code, `cannot write the run's files to ${directory}`);
    throw new UsageError(`${message}; set TMPDIR to a directory that can be written`);
  }
}

/** The directories of one local run: the files that a pod would have from the kubelet. */
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AgentFiles } from '../../shared/pod/step-command.ts';

export interface Layout {
  root: string;
  scripts: string;
  temporary: string;
  /** The files of step `number`'s agent. */
  files(number: number): AgentFiles;
}

/** Where everything would be, below `root`. */
export function layoutAt(root: string): Layout {
  const run = (number: number): string => join(root, 'run', String(number));
  return {
    root,
    scripts: join(root, 'scripts'),
    temporary: join(root, 'tmp'),
    files: (number) => ({
      order: join(root, 'podinfo/order'),
      gate: join(root, 'podinfo/gate'),
      before: number > 1 ? run(number - 1) : undefined,
      own: run(number),
      // Not there, so not written: inside a container the real one belongs to somebody else.
      terminationLog: join(run(number), 'termination-log'),
    }),
  };
}

/** Makes the directories of a run of `steps` steps, readable by this user only. */
export async function makeLayout(steps: number): Promise<Layout> {
  const layout = layoutAt(await mkdtemp(join(tmpdir(), 'taskflow-run-')));
  for (const directory of [layout.scripts, layout.temporary, join(layout.root, 'podinfo')])
    await mkdir(directory);
  for (let number = 1; number <= steps; number++) await mkdir(layout.files(number).own, { recursive: true });
  return layout;
}

export async function removeLayout({ root }: Layout): Promise<void> {
  // A step may have taken away its own right to write; the run is over all the same.
  await rm(root, { recursive: true, force: true, maxRetries: 3 });
}

/** Writes a script byte for byte, runnable by anybody: what the ConfigMap volume of a pod has. */
export async function writeScript({ path, text }: { path: string; text: string }): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o555);
}

/** Sets the order, whole or not at all. */
export async function writeOrder(layout: Layout, order: number): Promise<void> {
  const file = layout.files(1).order;
  const temporary = join(dirname(file), '.order');
  await writeFile(temporary, `${order}\n`);
  await rename(temporary, file);
}

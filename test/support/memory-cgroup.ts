import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { scratch } from './scratch.ts';
import { waitUntil } from './wait-until.ts';

interface Hierarchy {
  /** The group below which a new one is made. */
  parent: string;
  limit: string;
}

const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

/**
 * Makes a memory cgroup of so many bytes, removed when the test is over, and returns the file that takes the ids of
 * its processes; or says why there is none.
 */
export async function memoryCgroup(bytes: number): Promise<{ procs: string } | { missing: string }> {
  const found = await findHierarchy();
  if (found === undefined) return { missing: 'this machine has no memory cgroup that tests may make' };
  const group = join(found.parent, basename(await scratch()));
  try {
    await mkdir(group);
    onTestFinished(() => removed(group));
    await writeFile(join(group, found.limit), String(bytes));
  } catch (error) {
    return { missing: `this machine lets no test make a memory cgroup: ${String(error)}` };
  }
  return { procs: join(group, 'cgroup.procs') };
}

async function findHierarchy(): Promise<Hierarchy | undefined> {
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  if (existsSync(join(VERSION_1, 'memory.limit_in_bytes'))) {
    const path = join(VERSION_1, /^\d+:memory:(.*)$/m.exec(own)?.[1] ?? '');
    return { parent: existsSync(path) ? path : VERSION_1, limit: 'memory.limit_in_bytes' };
  }
  const controllers = await readFile(join(VERSION_2, 'cgroup.controllers'), 'utf8').catch(() => '');
  if (!controllers.split(/\s/).includes('memory')) return undefined;
  // There already on every machine that systemd started.
  await writeFile(join(VERSION_2, 'cgroup.subtree_control'), '+memory').catch(() => undefined);
  return { parent: VERSION_2, limit: 'memory.max' };
}

async function removed(group: string): Promise<void> {
  await waitUntil('the cgroup is empty and removed', () =>
    rmdir(group).then(
      () => true,
      () => !existsSync(group),
    ),
  );
}

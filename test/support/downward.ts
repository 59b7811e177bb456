import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A downwardAPI volume, written as the kubelet's atomic writer does it: every item is a symlink into `..data`,
 * itself a symlink that is swapped by rename to a fresh directory with all the items.
 */
export class DownwardVolume {
  readonly path: string;
  #generation = 0;

  constructor(path: string) {
    this.path = path;
  }

  async write(items: Readonly<Record<string, string>>): Promise<void> {
    const at = (name: string): string => join(this.path, name);
    const fresh = `..2026_01_01_00_00_00.${++this.#generation}`;
    await mkdir(at(fresh), { recursive: true });
    for (const [name, text] of Object.entries(items)) await writeFile(join(at(fresh), name), text);
    const old = await readlink(at('..data')).catch(() => undefined);
    await symlink(fresh, at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    for (const name of Object.keys(items)) {
      await symlink(join('..data', name), at(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    if (old !== undefined) await rm(at(old), { recursive: true });
  }
}

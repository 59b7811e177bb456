/** Where a container's paths are on this machine. */
import { listOf, textOf, type Fields } from '../api-server/object.ts';
import { join } from 'node:path';

interface Mount {
  path: string;
  directory: string;
}

/** The mounts of one container, the longest path first. */
export function mountsOf(container: Fields, directoryOf: (volume: string) => string | undefined): Mount[] {
  return listOf(container['volumeMounts'])
    .flatMap((mount) => {
      const directory = directoryOf(textOf(mount['name']));
      const path = textOf(mount['mountPath']).replace(/\/$/, '');
      return directory === undefined ? [] : [{ path, directory: join(directory, textOf(mount['subPath'])) }];
    })
    .toSorted((a, b) => b.path.length - a.path.length);
}

/**
 * A text with the container's paths replaced by those on this machine, wherever they are in it: there is no mount
 * namespace here.
 *
 * @example onThisMachine('cat /taskflow/scripts/a', mounts) // 'cat /tmp/x/volumes/taskflow-scripts/a'
 */
export function onThisMachine(text: string, mounts: readonly Mount[]): string {
  let mapped = text;
  for (const { path, directory } of mounts) {
    const literal = path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const pattern = new RegExp(`(?<![\\w./-])${literal}(?![\\w.-])`, 'g');
    mapped = mapped.replaceAll(pattern, () => directory);
  }
  return mapped;
}

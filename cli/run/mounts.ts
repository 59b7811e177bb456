/** What a step would do in a volume that it does not have here: it would do it to this machine's own files. */
import { normalize } from 'node:path/posix';
import { type CompleteStep } from '../../shared/task/step-template.ts';

/** Where a step says a path. */
export interface Place {
  /** `args[0]`, `env HOME`. */
  where: string;
  text: string;
}

/** The idiom for a place that is private to a step in a pod and here. */
const TEMPORARY = /\$\{TMPDIR:?[-=]\/tmp\}/g;

/**
 * Absolute paths in a text: not the middle of a longer path (`a/b`, `$A/b`, `~/b`), but what stands behind an option
 * of one letter (`-I/data`) or in a default (`${A:-/data}`).
 */
const PATHS = /(?:(?<![\w.~}/)\]*?%@+-])|(?<=(?:^|\s)-[A-Za-z])|(?<=:-))\/[^\s"'`;|&<>(){}=,:$*?[\]\\]*/g;

/** The mounts of a step, by the path where they would be. */
export function mountsOf(step: CompleteStep): { name: string; path: string }[] {
  return [
    ...(step.volumeMounts ?? []).map(({ name, mountPath }) => ({ name, path: mountPath })),
    ...(step.volumeDevices ?? []).map(({ name, devicePath }) => ({ name, path: devicePath })),
  ];
}

/** Whether a step runs in one of its mounts. */
export function isInMount(step: CompleteStep): boolean {
  const { workingDir } = step;
  return (
    Boolean(workingDir) && mountsOf(step).some(({ path }) => isWithin(normalize(workingDir ?? ''), path))
  );
}

/**
 * The first path in each place that is at or below `directory`.
 *
 * @example pathsWithin('/data', [{ where: 'args[0]', text: 'echo hi >/data/x' }]) // [{ where: 'args[0]', path: '/data/x' }]
 */
export function pathsWithin(directory: string, places: readonly Place[]): { where: string; path: string }[] {
  return places.flatMap(({ where, text }) => {
    const path = text
      .replaceAll(TEMPORARY, '')
      .match(PATHS)
      ?.find((each) => isWithin(normalize(each), directory));
    return path === undefined ? [] : [{ where, path }];
  });
}

function isWithin(path: string, parent: string): boolean {
  const directory = normalize(parent).replace(/\/$/, '');
  return path === directory || path.startsWith(`${directory}/`);
}

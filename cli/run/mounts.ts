/** What a step would do in a volume that it does not have here, or not at that place: it would do it to this machine's own files. */
import { normalize } from 'node:path/posix';
import { type CompleteStep } from '../../shared/task/step-template.ts';
import { type Workspace } from '../../shared/task/task.ts';
import { mountPathOf } from '../../shared/task/workspace-source.ts';
import { type LocalWorkspace } from './workspaces.ts';

/** Where a step says a path. */
interface Place {
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

/** What a step was planned to run, as far as it can name a path. */
interface Planned {
  command: readonly string[];
  script: { path: string; text: string } | undefined;
  env: Readonly<Record<string, string>>;
}

/** The mounts of a step, by the path where they would be. */
function mountsOf(step: CompleteStep): { name: string; path: string }[] {
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

/** @param ignoreMounts - whether the step is to run without them */
export function mountProblems(
  step: CompleteStep,
  planned: Planned,
  { ignoreMounts }: { ignoreMounts: boolean },
): string[] {
  const mounts = mountsOf(step);
  if (mounts.length === 0) return [];
  if (!ignoreMounts) {
    const all = mounts.map(({ name, path }) => `${name} at ${path}`).join(', ');
    const isThere = isInMount(step);
    return [
      `mounts ${all}${isThere ? `, and runs there (workingDir ${step.workingDir})` : ''}: a local process cannot mount volumes; ${isThere ? 'run the Task in a cluster' : 'go on without them with --ignore-mounts'}`,
    ];
  }
  const places = placesOf(step, planned);
  return mounts.flatMap(({ name, path }) =>
    pathsWithin(path, places).map(
      (found) =>
        `names ${found.path} in ${found.where}, which is in its mount ${name} at ${path}: without the mount that is this machine's own ${path}; ${found.where === 'workingDir' ? 'leave workingDir out' : 'take the path from a variable and give it with --env'}, or run the Task in a cluster`,
    ),
  );
}

/** In a pod a workspace is at its mountPath; here that is this machine's own. */
export function workspaceProblems(
  step: CompleteStep,
  planned: Planned,
  { declared, workspaces }: { declared: readonly Workspace[]; workspaces: readonly LocalWorkspace[] },
): string[] {
  const places = placesOf(step, planned).map(({ where, text }) => ({
    where,
    text: workspaces.reduce((left, { path }) => left.replaceAll(path, ''), text),
  }));
  return workspaces.flatMap(({ name, path }) => {
    const workspace = declared.find((each) => each.name === name);
    const mountPath = workspace && mountPathOf(workspace);
    if (mountPath === undefined || mountPath === path) return [];
    return pathsWithin(mountPath, places).map(
      (found) =>
        `names ${found.path} in ${found.where}, which in a pod is in workspace ${name}; here that is this machine's own ${mountPath}: write $(workspaces.${name}.path), which is right in both`,
    );
  });
}

/** Everything in which a step can name a path. */
function placesOf(
  { workingDir, env, args }: CompleteStep,
  { command, script, env: variables }: Planned,
): Place[] {
  const ofCommand = command.length - (args?.length ?? 0);
  return [
    ...(workingDir ? [{ where: 'workingDir', text: workingDir }] : []),
    ...command.map((text, index) => ({
      where: index < ofCommand ? `command[${index}]` : `args[${index - ofCommand}]`,
      // Where its script is here is no matter of the Task's.
      text: text === script?.path ? '' : text,
    })),
    ...(script === undefined ? [] : [{ where: 'its script', text: script.text }]),
    ...(env ?? []).map(({ name }) => ({ where: `env ${name}`, text: variables[name] ?? '' })),
  ];
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

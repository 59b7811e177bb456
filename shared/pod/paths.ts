import { mountPathOf, sourceOf } from '../task/workspace-source.ts';
import type { Paths } from '../task/references/fill.ts';

/** Where things are in a step's container. */
export const AT = {
  bin: '/taskflow/bin',
  run: '/taskflow/run',
  scripts: '/taskflow/scripts',
  podinfo: '/etc/podinfo',
} as const;

/** The run directory of a step, by its number. */
export const runDirectory = (number: number): string => `${AT.run}/${number}`;

/** The volume that is this directory. */
export const runVolume = (number: number): string => `taskflow-run-${number}`;

/** The volume that is a workspace. */
export const workspaceVolume = (name: string): string => `taskflow-ws-${name}`;

/** The volume that holds the agent. */
export const BIN_VOLUME = 'taskflow-bin';
export const SCRIPTS_VOLUME = 'taskflow-scripts';
export const PODINFO_VOLUME = 'podinfo';

/** What `$(workspaces.NAME.path)` and `$(results.NAME.path)` are. */
export const IN_POD: Paths = {
  workspace: (workspace) => (sourceOf(workspace) === undefined ? undefined : mountPathOf(workspace)),
  result: (step, name) => `${runDirectory(step)}/results/${name}`,
};

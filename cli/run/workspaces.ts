/** The workspaces of a local run: directories of this machine. Pure. */
import { join } from 'node:path';
import { type DataObject } from '../../shared/manifest/data-objects.ts';
import { sourceOf } from '../../shared/task/workspace-source.ts';
import { type Paths } from '../../shared/task/references/fill.ts';
import { type Workspace } from '../../shared/task/task.ts';

/** A directory that is made before the first step begins. */
export interface LocalWorkspace {
  name: string;
  path: string;
  /** Whether it is the user's own, given by --workspace; else it belongs to the run. */
  isGiven: boolean;
  /** What a ConfigMap or Secret has in it: by its path, with its mode. */
  files: ReadonlyMap<string, { bytes: Uint8Array; mode: number }>;
}

export interface Directories {
  /** By the workspace's name: what the user gave. */
  given: ReadonlyMap<string, string>;
  /** Where those of the run are. */
  root: string;
}

/** What `$(workspaces.NAME.path)` is here. */
export function localPath(
  workspace: Workspace,
  { given, root }: Directories,
  subPath = '',
): string | undefined {
  const own = given.get(workspace.name);
  if (own === undefined && sourceOf(workspace) === undefined) return undefined;
  return join(own ?? join(root, workspace.name), subPath);
}

/** The paths of a run. */
export interface LocalPaths extends Pick<Paths, 'result'> {
  /** A step's run directory. */
  run: (step: number) => string;
}

/** The paths of a Task that runs here. */
export function localPaths(paths: LocalPaths, directories: Directories): Paths {
  return {
    ...paths,
    workspace: (workspace, subPath) => localPath(workspace, directories, subPath),
  };
}

interface Around extends Directories {
  find: (wanted: Pick<DataObject, 'kind' | 'name'>) => DataObject | undefined;
  report: (problem: string) => void;
}

/** The directories of a Task, with what is in them. */
export function localWorkspaces(workspaces: readonly Workspace[], around: Around): LocalWorkspace[] {
  return workspaces.flatMap((workspace): LocalWorkspace[] => {
    const { name } = workspace;
    const path = localPath(workspace, around);
    if (path === undefined) return [];
    const isGiven = around.given.has(name);
    return [{ name, path, isGiven, files: isGiven ? new Map() : filesOf(workspace, around) }];
  });
}

function filesOf(workspace: Workspace, { find, report }: Around): LocalWorkspace['files'] {
  const { name } = workspace;
  const [[kind, given] = []] = Object.entries(sourceOf(workspace) ?? {});
  if (kind === undefined || kind === 'emptyDir') return new Map();
  const cure = `give a directory with --workspace ${name}=DIR`;
  if (kind !== 'configMap' && kind !== 'secret') {
    report(`workspace ${name} is ${kind}, which only a cluster has; ${cure}`);
    return new Map();
  }
  const source = given as Source;
  const what = kind === 'configMap' ? 'ConfigMap' : 'Secret';
  const called = (kind === 'configMap' ? source.name : source.secretName) ?? '';
  const object = find({ kind: what, name: called });
  const files = new Map<string, { bytes: Uint8Array; mode: number }>();
  if (object === undefined) {
    if (source.optional !== true)
      report(
        `workspace ${name} is the ${what} ${called}, which only a cluster has; put the ${what} into a file beside the Task, or ${cure}`,
      );
    return files;
  }
  const items: NonNullable<Source['items']> =
    source.items ?? [...object.files.keys()].map((key) => ({ key, path: key }));
  for (const { key, path, mode } of items) {
    const bytes = object.files.get(key);
    if (!isWithin(path)) report(`workspace ${name} has the path ${path}, which is not within it; correct it`);
    else if (bytes !== undefined) files.set(path, { bytes, mode: mode ?? source.defaultMode ?? 0o644 });
    else if (source.optional !== true)
      report(`workspace ${name} takes the key ${key} of ${what} ${called}, which has none; correct the key`);
  }
  return files;
}

interface Source {
  name?: string;
  secretName?: string;
  optional?: boolean;
  defaultMode?: number;
  items?: readonly { key: string; path: string; mode?: number }[];
}

function isWithin(path: string): boolean {
  return path !== '' && !path.startsWith('/') && !path.split('/').includes('..');
}

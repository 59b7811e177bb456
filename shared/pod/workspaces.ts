/** Workspaces as volumes and mounts. */
import { mountPathOf, sourceOf } from '../task/workspace-source.ts';
import type { Sidecar, Volume, VolumeMount } from '../task/task.ts';
import type { CompleteStep } from '../task/step-template.ts';
import type { Workspace, WorkspaceUse } from '../task/workspaces.ts';
import { workspaceVolume } from './paths.ts';

interface WithWorkspaces {
  workspaces?: Workspace[] | undefined;
  steps: CompleteStep[];
  finally?: CompleteStep[] | undefined;
  sidecars?: Sidecar[] | undefined;
  volumes?: Volume[] | undefined;
}

/**
 * The Task with its workspaces mounted: in each step and sidecar all of them, or those that it lists.
 *
 * @example mounted({ workspaces: [{ name: 'source' }], steps }).volumes // [{ name: 'taskflow-ws-source', emptyDir: {} }]
 */
export function mounted<Spec extends WithWorkspaces>(spec: Spec): Omit<Spec, 'workspaces'> {
  const { workspaces = [], ...rest } = spec;
  const bound = workspaces.flatMap((workspace) => {
    const source = sourceOf(workspace);
    return source === undefined
      ? []
      : [{ workspace, volume: { name: workspaceVolume(workspace.name), ...source } }];
  });
  const all = bound.map(({ workspace }) => workspace);
  return {
    ...rest,
    steps: spec.steps.map((step) => withMounts(step, all)),
    ...(spec.finally && { finally: spec.finally.map((step) => withMounts(step, all)) }),
    ...(spec.sidecars && { sidecars: spec.sidecars.map((sidecar) => withMounts(sidecar, all)) }),
    ...(bound.length > 0 && { volumes: [...(spec.volumes ?? []), ...bound.map(({ volume }) => volume)] }),
  };
}

function withMounts<
  Of extends { workspaces?: WorkspaceUse[] | undefined; volumeMounts?: VolumeMount[] | undefined },
>({ workspaces: listed, ...container }: Of, all: readonly Workspace[]): Omit<Of, 'workspaces'> {
  const uses: readonly WorkspaceUse[] = listed ?? all.map(({ name }) => ({ name }));
  const mounts = uses.flatMap(({ name, subPath, readOnly }): VolumeMount[] => {
    const workspace = all.find((each) => each.name === name);
    if (workspace === undefined) return [];
    const isReadOnly = readOnly === true || workspace.readOnly === true;
    return [
      {
        name: workspaceVolume(name),
        mountPath: mountPathOf(workspace),
        ...(isReadOnly && { readOnly: true }),
        ...(subPath && { subPath }),
      },
    ];
  });
  if (mounts.length === 0) return container;
  return { ...container, volumeMounts: [...(container.volumeMounts ?? []), ...mounts] };
}

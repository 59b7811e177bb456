import { everyStep } from '../../shared/task/finally.ts';
import { type CompleteStep } from '../../shared/task/step-template.ts';
import { type TaskSpec } from '../../shared/task/task.ts';

/** The fields of a container that mean nothing to a local process. */
const NOT_APPLIED = [
  ...([
    'ports',
    'resources',
    'securityContext',
    'livenessProbe',
    'readinessProbe',
    'startupProbe',
    'lifecycle',
  ] as const),
  ...(['stdin', 'tty', 'volumeMounts', 'volumeDevices'] as const),
];

/** The fields of a Task that need a cluster. `handOff` says how a cluster goes about it; the steps are the same. */
const NEEDS_CLUSTER = ['podTemplate', 'suspend', 'cancel', 'ttlSecondsAfterFinished'] as const;

/**
 * What is different from a pod, one sentence each.
 *
 * @param directory - where steps run that name no working directory
 */
export function differences(steps: readonly CompleteStep[], spec: TaskSpec, directory: string): string[] {
  const ofTask = NEEDS_CLUSTER.filter((field) => spec[field] !== undefined);
  const ignored = NOT_APPLIED.filter((field) => steps.some((step) => step[field] !== undefined));
  return [
    'images are not pulled: commands are looked up in the PATH of this machine',
    `steps run as the user who runs this, in ${directory}, with its environment`,
    ...(ignored.length > 0 ? [`not applied: ${ignored.join(', ')}`] : []),
    ...(ofTask.length > 0 ? [`not applied, since they need a cluster: ${ofTask.join(', ')}`] : []),
    ...readOnlyOnes(spec),
    ...(spec.sidecars?.length ? [`sidecars are not started: ${names(spec.sidecars)}`] : []),
  ];
}

function readOnlyOnes(spec: TaskSpec): string[] {
  const { workspaces = [] } = spec;
  const uses = everyStep(spec).flatMap((step) => step.workspaces ?? []);
  const found = [...workspaces, ...uses].filter(({ readOnly }) => readOnly === true);
  return found.length === 0
    ? []
    : [
        `workspaces can be written to that are read-only in a pod: ${[...new Set(found.map(({ name }) => name))].join(', ')}`,
      ];
}

const names = (of: readonly { name: string }[]): string => of.map(({ name }) => name).join(', ');

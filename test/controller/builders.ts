/** Tasks and pods as a cluster would show them. */
import { encodeOutcome, type Outcome } from '../../shared/turn/outcome.ts';
import { GATE_ANNOTATION, ORDER_ANNOTATION, podNameOf, RESUME_ANNOTATION } from '../../shared/pod/pod.ts';
import { type Task } from '../../shared/task/task.ts';
import { type ContainerStatus, type ObservedPod, type PodCondition } from '../../controller/pod.ts';
import { type StoredTask } from '../../controller/stored-task.ts';

/** When every pod here was created. */
export const START = Date.parse('2026-01-01T00:00:00Z');

type Spec = Partial<Task['spec']> & { names?: readonly string[] };

/** A Task of steps a, b and c, unless told otherwise. */
export function taskOf(
  { names = ['a', 'b', 'c'], ...spec }: Spec = {},
  rest: Partial<StoredTask> = {},
): StoredTask {
  const { metadata, ...others } = rest;
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: {
      name: 'build',
      namespace: 'ci',
      uid: 'u-1',
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: iso(0),
      ...metadata,
    },
    spec: { steps: names.map((name) => ({ name, image: 'busybox', command: ['true'] })), ...spec },
    ...others,
  };
}

/** Seconds after the start, as RFC 3339. */
export const iso = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

interface PodParts {
  order?: string;
  gate?: string;
  stop?: string;
  /** What held steps were told. */
  resume?: string;
  phase?: string;
  startTime?: string;
  reason?: string;
  message?: string;
  deleted?: number;
  unscheduled?: boolean;
  conditions?: PodCondition[];
  init?: ContainerStatus[];
}

/** The pod of {@link taskOf}, with these container statuses. */
export function podWith(containers: readonly ContainerStatus[], parts: PodParts = {}): ObservedPod {
  const {
    order = '0',
    gate,
    stop,
    resume,
    phase = 'Running',
    startTime,
    reason,
    message,
    deleted,
    conditions,
    init,
  } = parts;
  return {
    metadata: {
      name: podNameOf({ name: 'build', uid: 'u-1' }),
      namespace: 'ci',
      uid: 'p-1',
      resourceVersion: '9',
      creationTimestamp: iso(0),
      ...(deleted !== undefined && { deletionTimestamp: iso(deleted) }),
      annotations: {
        [ORDER_ANNOTATION]: order,
        ...(gate !== undefined && { [GATE_ANNOTATION]: gate }),
        ...(stop !== undefined && { 'api.practice.com/stop': stop }),
        ...(resume !== undefined && { [RESUME_ANNOTATION]: resume }),
      },
      ownerReferences: [
        {
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'Task',
          name: 'build',
          uid: 'u-1',
          controller: true,
        },
      ],
    },
    spec: parts.unscheduled === true ? {} : { nodeName: 'node-1' },
    status: {
      phase,
      ...(startTime !== undefined && { startTime }),
      ...(reason !== undefined && { reason }),
      ...(message !== undefined && { message }),
      ...(conditions && { conditions }),
      ...(init && { initContainerStatuses: init }),
      // As the kubelet does.
      containerStatuses: containers.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    },
  };
}

export const running = (name: string): ContainerStatus => ({
  name,
  state: { running: { startedAt: iso(1) } },
});

/** One whose agent says that it is held. */
export const held = (name: string): ContainerStatus => ({ ...running(name), ready: true });

export const waiting = (name: string, reason = 'ContainerCreating', message = ''): ContainerStatus => ({
  name,
  state: { waiting: { reason, message } },
});

/** A container whose agent posted this outcome. */
export function over(name: string, record: Partial<Outcome> = {}): ContainerStatus {
  const { outcome = 'Succeeded', exitCode = 0 } = record;
  const whole: Outcome = {
    version: 1,
    step: name,
    number: 1,
    outcome,
    exitCode,
    startedAt: iso(1),
    finishedAt: iso(2),
    attempts: 1,
    reason: 'Completed',
    message: `exit code ${exitCode}`,
    ...record,
  };
  return terminated(name, {
    exitCode: outcome === 'Continued' ? 0 : exitCode,
    message: encodeOutcome(whole),
    finishedAt: whole.finishedAt,
  });
}

export const failed = (name: string, exitCode = 42): ContainerStatus =>
  over(name, { outcome: 'Failed', exitCode, reason: 'Error' });

export function skipped(name: string): ContainerStatus {
  const message = 'step a stopped the chain';
  const outcome = {
    version: 1,
    step: name,
    number: 2,
    outcome: 'Skipped',
    exitCode: 121,
    finishedAt: iso(2),
  } as const;
  return terminated(name, {
    exitCode: 121,
    message: encodeOutcome({ ...outcome, attempts: 0, reason: 'Skipped', message }),
  });
}

export function cancelled(name: string, started = false): ContainerStatus {
  const outcome = {
    version: 1,
    step: name,
    number: 2,
    outcome: 'Cancelled',
    finishedAt: iso(2),
    reason: 'Cancelled',
  } as const;
  const rest = { exitCode: started ? 143 : 122, attempts: 0, message: 'the Task was cancelled' };
  return terminated(name, {
    exitCode: rest.exitCode,
    message: encodeOutcome({ ...outcome, ...rest, ...(started && { startedAt: iso(1), signal: 'SIGTERM' }) }),
  });
}

/** A container that ended without a word of its agent. */
export const silent = (
  name: string,
  exitCode = 137,
  reason = 'OOMKilled',
  finishedAt = iso(2),
): ContainerStatus => terminated(name, { exitCode, reason, finishedAt });

function terminated(
  name: string,
  end: { exitCode: number; reason?: string; message?: string; finishedAt?: string },
): ContainerStatus {
  const { exitCode, reason, message, finishedAt = iso(2) } = end;
  const word = reason ?? (exitCode === 0 ? 'Completed' : 'Error');
  return {
    name,
    state: {
      terminated: {
        exitCode,
        reason: word,
        finishedAt,
        ...(message !== undefined && { message }),
      },
    },
  };
}

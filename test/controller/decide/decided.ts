/** What `decide` makes of a Task and a pod, in words that a table can hold. */
import { decide, type Action, type Prepared, type Seen } from '../../../controller/decide.ts';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { iso, START, taskOf } from '../builders.ts';

/** With what the controller is set to. */
export const settings = { agentImage: 'taskflow/agent:1', patience: 120_000 };
export const ready: Prepared = { kind: 'ready', images: new Map() };

/** What decide makes of a Task and a pod, in a line or two: what is done, and what the status says. */
export function decided(seen: Partial<Seen>, at = 10): { does: string[]; says?: string; steps?: string } {
  const whole: Seen = {
    task: taskOf(),
    pod: undefined,
    hadPod: seen.pod !== undefined,
    prepared: ready,
    now: START + at * 1000,
    ...seen,
  };
  const { actions, status } = decide(whole, settings);
  return {
    does: actions.map(describeAction),
    ...(status && { says: [status.status, status.reason].filter(Boolean).join(' ') }),
    ...(status?.steps && { steps: status.steps.map(({ state }) => state).join(' ') }),
  };
}

function describeAction(action: Action): string {
  if (action.kind !== 'patch-pod') return action.kind;
  const words = action.patch.flatMap((operation) => {
    if (operation.op === 'test') return [];
    const what = operation.path.replace(/^.*~1/, '').replace('/spec/', '');
    return operation.op === 'remove'
      ? `no ${what}`
      : what === 'stop'
        ? what
        : `${what} ${String(operation.value)}`;
  });
  return words.join(', ');
}

/** What the pod says of its being stopped, in seconds after the start. */
export const stopped = (reason: string, at = 5): string =>
  JSON.stringify({ reason, message: 'why', at: iso(at) });
/** A Task with these fields. */
export const spec = (fields: Parameters<typeof taskOf>[0]): { task: StoredTask } => ({
  task: taskOf(fields),
});
/** A Task with this status. */
export const known = (status: StoredTask['status']): { task: StoredTask } => ({
  task: taskOf({}, status && { status }),
});
/** Something in the way of the pod’s making. */
export const trouble = (ends: 'now' | 'patience' | 'never'): Prepared => ({
  kind: 'trouble',
  trouble: { reason: 'ImageLookupFailed', message: 'no', step: 'b', ends },
});
export const done = { status: 'Successful', completionTime: iso(5) } as const;
/** The status of a Task in trouble since then. */
export const since = (reason: string, seconds: number): StoredTask['status'] => ({
  status: 'Pending',
  reason,
  conditions: [
    { type: 'Progressing', status: 'False', reason, message: '', lastTransitionTime: iso(seconds) },
  ],
});

/** Events of a Task as the API has them: events.k8s.io/v1. */
import { createHash } from 'node:crypto';
import { API_VERSION, KIND } from '../shared/task/api.ts';
import { plain } from '../shared/text.ts';
import type { TaskEvent } from './decide/events.ts';
import type { KubeObject } from './runtime/objects.ts';
import type { StoredTask } from './stored-task.ts';

/** As many bytes as an Event's note may have. */
const MAX_NOTE = 1024;

interface Event extends KubeObject {
  eventTime: string;
  [field: string]: unknown;
}

/**
 * The object to create. Its name follows from the Task and what is told: told again, after a restart, it exists already.
 *
 * @param instance - which of several controllers tells it
 * @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
export function eventObject(
  task: StoredTask,
  event: TaskEvent,
  { instance, now }: { instance: string; now: number },
): Event {
  const { name, namespace = 'default', uid = '' } = task.metadata;
  const { reason, type, note, key } = event;
  const id = createHash('sha256')
    .update(JSON.stringify([uid, key]))
    .digest('hex')
    .slice(0, 16);
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${id}`, namespace },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'api.practice.com/taskflow-controller',
    reportingInstance: plain(instance, 128),
    action: ACTIONS[reason],
    reason,
    type,
    note: plain(note, MAX_NOTE),
    regarding: { apiVersion: API_VERSION, kind: KIND, name, namespace, uid },
  };
}

const ACTIONS = {
  Created: 'CreatePod',
  Caution: 'CreatePod',
  Started: 'RunSteps',
  StepFinished: 'RunSteps',
  Held: 'HoldStep',
  Resumed: 'ResumeStep',
  Failed: 'Finish',
  Finished: 'Finish',
} as const satisfies Record<TaskEvent['reason'], string>;

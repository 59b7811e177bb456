import type { Task } from '../task/task.ts';

/** What begins the names of all labels and annotations that are taskflow's own. */
export const OWN_PREFIX = 'api.practice.com/';

/** The label by which a Task's pod is found; its value is the Task's name. */
export const TASK_LABEL = `${OWN_PREFIX}task`;

/** The label by which everything is found that taskflow made. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** The labels of everything that is made for a Task. */
export function labelsOf(task: Task): Record<string, string> {
  return {
    'app.kubernetes.io/name': task.metadata.name,
    'app.kubernetes.io/component': 'task',
    ...ownLabelsOf(task),
  };
}

/** Those among them that nobody else can set: by these a Task's objects are found. */
export function ownLabelsOf(task: Task): Record<string, string> {
  return { [MANAGED_BY_LABEL]: 'taskflow', [TASK_LABEL]: task.metadata.name };
}

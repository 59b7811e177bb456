/** The labels of everything that is made for a Task. */
import { MANAGED_BY_LABEL, TASK_LABEL } from '../task/api.ts';
import { nameOf } from '../task/name.ts';
import type { Task } from '../task/task.ts';

/** The labels of everything that is made for a Task. */
export function labelsOf(task: Task): Record<string, string> {
  return {
    'app.kubernetes.io/name': nameOf(task),
    'app.kubernetes.io/component': 'task',
    ...ownLabelsOf(task),
  };
}

/** Those among them that nobody else can set: by these a Task's objects are found. */
export function ownLabelsOf(task: Task): Record<string, string> {
  return { [MANAGED_BY_LABEL]: 'taskflow', [TASK_LABEL]: nameOf(task) };
}

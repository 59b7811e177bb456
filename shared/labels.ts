import { type Task } from './task.ts';

/** The label by which a Task's pod is found; its value is the Task's name. */
export const TASK_LABEL = 'api.practice.com/task';

/** The labels of everything that is made for a Task. */
export function labelsOf(task: Task): Record<string, string> {
  return {
    'app.kubernetes.io/name': task.metadata.name,
    'app.kubernetes.io/component': 'task',
    'app.kubernetes.io/managed-by': 'taskflow',
    [TASK_LABEL]: task.metadata.name,
  };
}

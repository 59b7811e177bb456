/** What a Task is called in the API, and its words: for all that needs them without the schema. */

export const API_VERSION = 'api.practice.com/v1alpha1';
export const KIND = 'Task';

/** How a Task as a whole is. */
export const TASK_STATUSES = ['Pending', 'Running', 'Paused', 'Successful', 'Failure', 'Cancelled'] as const;

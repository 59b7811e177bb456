/** What a Task is called in the API, and its words: for all that needs them without the schema. */

export const API_VERSION = 'api.practice.com/v1alpha1';
export const KIND = 'Task';
export const RESUME_KIND = 'Resume';

/** What begins the names of all labels and annotations that are taskflow's own. */
export const OWN_PREFIX = 'api.practice.com/';

/** The label by which a Task's pod is found; its value is the Task's name. */
export const TASK_LABEL = `${OWN_PREFIX}task`;

/** The label by which everything is found that taskflow made. */
export const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** How a Task as a whole is. */
export const TASK_STATUSES = ['Pending', 'Running', 'Paused', 'Successful', 'Failure', 'Cancelled'] as const;

/** How much a Task can hold. Whatever is counted in a rule of the CRD must have a limit, or the API server refuses the rule. */

/**
 * The most steps a Task can have, those of `finally` included. Every step is a container of one pod and has an emptyDir of its own; the kubelet starts
 * containers one after another, and a pod of more than this is not practical. Each write of a Task, that of its status
 * too, costs the API server time for each step: with this many a quarter of a second.
 */
export const MAX_STEPS = 128;
/** The most steps that one step can name in `after`: a rule looks each of them up. */
export const MAX_AFTER = 64;
/** The most sidecars. */
export const MAX_SIDECARS = 32;
/** The most volumes of the user's: a rule compares them with all mounts of all steps, and may cost only so much. */
export const MAX_VOLUMES = 64;
/** The most volumes, and block devices, that one container can mount. */
export const MAX_MOUNTS = 64;
/** The most workspaces, which become volumes. */
export const MAX_WORKSPACES = 32;
/** The most params. */
export const MAX_PARAMS = 128;
/** How long a step of `finally` may run that does not say it: a Task that is stopped has to come to its end. */
export const FINALLY_TIMEOUT = '10m';
/** The most results that a step declares. */
export const MAX_STEP_RESULTS = 64;
/** The most results of a Task. */
export const MAX_TASK_RESULTS = 64;
/** The most conditions of a step. */
export const MAX_CONDITIONS = 32;

/**
 * How much a Task can hold. Whatever is counted in a rule of the CRD must have a limit, or the API server refuses the rule; and
 * with the most of each a Task costs the API server at most five times what its pod costs it, which
 * `test/controller/contract/task.test.ts` measures.
 */

/**
 * The most steps a Task can have, those of `finally` included. Every step is a container of one pod and has an emptyDir of its own; the kubelet starts
 * containers one after another, and a pod of more than this is not practical. Each write of a Task, that of its status
 * too, costs the API server time for each step: with this many a quarter of a second.
 */
export const MAX_STEPS = 128;
/** The most steps that one step can name in `after`. */
export const MAX_AFTER = 64;
/**
 * The most names in `after` of all steps together: a rule looks each of them up among all steps, and the API server stops a
 * rule that costs more than a million of its units, which twice as many long names do.
 */
export const MAX_AFTER_TOTAL = 1024;
/** The most sidecars. */
export const MAX_SIDECARS = 32;
/** The most volumes of the user's: a rule compares them with all mounts of all steps, and may cost only so much. */
export const MAX_VOLUMES = 64;
/** The most volumes, and block devices, that one container can mount. */
export const MAX_MOUNTS = 64;
/** The most workspaces, which become volumes; each step can list all of them. */
export const MAX_WORKSPACES = 12;
/** The most params. */
export const MAX_PARAMS = 128;
/** The most values in the enum of a param, and in a condition: the API server takes 20 µs for each. */
export const MAX_VALUES = 64;
/** How long a step of `finally` may run that does not say it: a Task that is stopped has to come to its end. */
export const FINALLY_TIMEOUT = '10m';
/** The most results that a step declares. */
export const MAX_STEP_RESULTS = 32;
/** The most results of a Task. */
export const MAX_TASK_RESULTS = 64;
/** The most conditions of a step. */
export const MAX_CONDITIONS = 6;

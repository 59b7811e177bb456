/**
 * taskflow as a library: read Tasks, turn them into pods, run them on this machine.
 *
 * @example
 * import { loadTasks, podOf } from 'taskflow-operator';
 * const [task] = await loadTasks(['task.yaml']);
 * const pod = podOf(task, { agentImage: 'taskflow/agent:0.1.0' });
 */
export {
  loadManifests,
  loadTasks,
  ManifestError,
  parseTasks,
  type DataObject,
  type Manifests,
  type Problem,
  type ReadOptions,
} from '../shared/manifest/index.ts';
export {
  GATE_ANNOTATION,
  NoCommandError,
  ORDER_ANNOTATION,
  podOf,
  type Pod,
  type PodSettings,
} from '../shared/pod/pod.ts';
export { TASK_LABEL } from '../shared/task/api.ts';
export {
  MAX_SCRIPT_BYTES,
  scriptsConfigMap,
  ScriptsTooLargeError,
  type ConfigMap,
} from '../shared/pod/scripts.ts';
export { QUIT, turn, type Seen, type Turn } from '../shared/turn/order.ts';
export { next, parseOutcome, OutcomeError, type Outcome, type OutcomeKind } from '../shared/turn/outcome.ts';
export { InvalidParamsError } from '../shared/task/references/fill.ts';
export { MAX_POD_BYTES, PodTooLargeError } from '../shared/task/size.ts';
export type * from '../shared/task/task.ts';
export { taskSchema } from '../shared/task/task.ts';
export { runTask, type RunSettings, type TaskResult } from './run/run-task.ts';
export { findAgent, type AgentProgram } from './run/agent-program.ts';
export { LocalRunError } from './run/plan.ts';
export { type RunEvent, type TaskStatus } from './run/events.ts';
export { ImageLookup, type LookupSettings, type Wanted } from '../shared/image/lookup.ts';
export { lookUpImages, StepLookupError, type Images, type StepProblem } from '../shared/image/steps.ts';
export { type FoundImage, type PlatformImage } from '../shared/image/found.ts';
export { anonymous, keyringOf, type CredentialFile } from '../shared/image/keyring.ts';
export { CredentialFileError } from '../shared/image/docker-config.ts';
export { type Credential, type Keyring } from '../shared/image/credentials.ts';
export { type Registries, type RegistrySettings } from '../shared/image/settings.ts';
export { memoryStore, type Store } from '../shared/image/store.ts';
export {
  formatReference,
  ImageReferenceError,
  parseReference,
  type ImageReference,
} from '../shared/image/reference.ts';
export {
  BadImageError,
  ImageLookupError,
  ImageNotFoundError,
  NoImageCommandError,
  NoSuchPlatformError,
  NotAuthorizedError,
  NotCachedError,
  RateLimitedError,
  RegistryUnreachableError,
  type Obstacle,
} from '../shared/image/errors.ts';

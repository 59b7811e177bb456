/** Task + resolved commands → pod. Pure and deterministic: the same Task always gives the same pod. */
import { parseDuration } from '../turn/duration.ts';
import type { Images } from '../image/steps.ts';
import { labelsOf, ownLabelsOf } from './labels.ts';
import { OWN_PREFIX } from '../task/api.ts';
import { QUIT } from '../turn/order.ts';
import { ownedBy, shortHash, type OwnerReference } from './owner.ts';
import { resolveCommands } from './commands.ts';
import { installer, sidecar, stepContainer, type PullPolicy } from './containers.ts';
import { BIN_VOLUME, PODINFO_VOLUME, runVolume, SCRIPTS_VOLUME } from './paths.ts';
import { scriptsConfigMap } from './scripts.ts';
import { isPausable } from './step-command.ts';
import { withFill } from './fill.ts';
import { everyStep, finallyTime } from '../task/finally.ts';
import { predecessorsOf } from '../task/graph.ts';
import { mounted } from './workspaces.ts';
import { wholeOf } from '../task/step-template.ts';
import type { Container, PodTemplate, Task, TaskSpec, Volume } from '../task/task.ts';

export { NoCommandError } from './commands.ts';

/** The annotation that holds the order; the downward API turns it into a file. */
export const ORDER_ANNOTATION = `${OWN_PREFIX}order`;
/** The annotation that holds the gate. Absent: no gate. */
export const GATE_ANNOTATION = `${OWN_PREFIX}gate`;
/** The annotation that says which steps are over, or will never begin, without a word of their own. Absent: none. */
export const OVER_ANNOTATION = `${OWN_PREFIX}over`;
/** The annotation that says what held steps were told. Absent: nothing. */
export const RESUME_ANNOTATION = `${OWN_PREFIX}resume`;

/** Seconds that a pod lives past its Task's timeout before the kubelet ends it, should no controller have done so. */
const BACK_STOP = 60;

/** The longest `generateName`. */
const MAX_PREFIX = 253;

/** The fields of `podTemplate` that are no field of the pod, or not the user's to set. */
type Refused =
  | ('metadata' | 'restartPolicy' | 'volumes' | 'activeDeadlineSeconds')
  | ('containers' | 'initContainers' | 'ephemeralContainers');

export type PodSpec = Omit<PodTemplate, Refused> & {
  restartPolicy: 'Never';
  automountServiceAccountToken: boolean;
  /** Absent where there are none. */
  initContainers?: Container[];
  containers: Container[];
  volumes: Volume[];
  activeDeadlineSeconds?: number;
};

export interface Pod {
  apiVersion: 'v1';
  kind: 'Pod';
  metadata: {
    /** Of a Task that a cluster has: the same for each try to make its pod, so that there is only one. */
    name?: string;
    generateName?: string;
    namespace?: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
    ownerReferences?: [OwnerReference];
  };
  spec: PodSpec;
}

/** How the agent comes into the pod: copied by an init container, or from its image, mounted as a volume. */
export type Injection = 'init-container' | 'image-volume';

export interface PodSettings {
  /** The image that holds the agent as `/agent`, and nothing else. */
  agentImage: string;
  /** When that image is pulled. Default: what Kubernetes takes for its tag. */
  agentImagePullPolicy?: PullPolicy | undefined;
  /** Default: `init-container`. Image volumes need Kubernetes 1.35 and a container runtime that has them. */
  injection?: Injection | undefined;
  /** What the images run of those steps that leave it to them; see `lookUpImages`. */
  images?: Images | undefined;
}

/**
 * The pod of a Task, ready to be created: the agent is the command of every step. The order is 0: the first step starts
 * because nothing comes before it and no gate holds it, so that a gate set before it began does hold it.
 *
 * @throws {NoCommandError} naming every step that has neither script nor command and whose image was not asked.
 * @throws {ImageLookupError} when an image that was looked up says nothing for a step.
 * @throws {InvalidParamsError} when a param has no value, or a reference stands for nothing.
 * @throws {PodTooLargeError} when no API server would take the pod, before it is made.
 * @throws {ScriptsTooLargeError} when the scripts do not fit into a ConfigMap.
 * @example podOf(task, { agentImage: 'taskflow/agent:0.1.0' }).spec.containers[0].command // ['/taskflow/bin/agent']
 */
export function podOf(task: Task, settings: PodSettings): Pod {
  const spec = mounted(wholeOf(task.spec));
  const { namespace } = task.metadata;
  const { metadata: given, ...podFields } = ownFields(spec.podTemplate);
  const resolved = withFill(resolveCommands(everyStep(spec), settings.images));
  const predecessors = predecessorsOf(spec);
  const initContainers = [
    ...(settings.injection === 'image-volume'
      ? []
      : [installer(settings.agentImage, settings.agentImagePullPolicy)]),
    ...(spec.sidecars ?? []).map(sidecar),
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...podName(task),
      ...(namespace !== undefined && { namespace }),
      labels: { ...labelsOf(task), ...given?.labels, ...ownLabelsOf(task) },
      annotations: { ...given?.annotations, ...startOf(spec) },
      ...ownedBy(task),
    },
    spec: {
      restartPolicy: 'Never',
      ...podFields,
      automountServiceAccountToken: podFields.automountServiceAccountToken ?? false,
      ...deadlineOf(spec),
      ...(initContainers.length > 0 && { initContainers }),
      containers: resolved.map((each, index) =>
        stepContainer(each, index + 1, {
          predecessors: predecessors[index] ?? [],
          reads: each.reads,
          containers: initContainers.length + resolved.length,
        }),
      ),
      volumes: [...(spec.volumes ?? []), ...volumes(task, settings)],
    },
  };
}

/**
 * The name of a Task's pod, once a cluster has given the Task a uid. Another Task of the same name has another pod.
 *
 * @example podNameOf({ name: 'build', uid: '4b5f2f0c-…' }) // 'task-pod-build-0a1b2c3d'
 */
export function podNameOf({ name, uid }: { name: string; uid: string }): string {
  return `task-pod-${name}-${shortHash(uid, 8)}`;
}

function podName({
  metadata: { name, generateName = '', uid },
}: Task): Pick<Pod['metadata'], 'name' | 'generateName'> {
  if (!name) return { generateName: `task-pod-${generateName}`.slice(0, MAX_PREFIX) };
  return uid === undefined ? { generateName: `task-pod-${name}-` } : { name: podNameOf({ name, uid }) };
}

/** The template without what is refused in a Task, should a cluster have let it pass. */
function ownFields(template: PodTemplate = {}): Omit<PodTemplate, Exclude<Refused, 'metadata'>> {
  const {
    restartPolicy: _restartPolicy,
    containers: _containers,
    initContainers: _initContainers,
    ephemeralContainers: _ephemeralContainers,
    volumes: _volumes,
    activeDeadlineSeconds: _activeDeadlineSeconds,
    ...own
  } = template;
  return own;
}

/** The order and the gate that a pod begins with. */
function startOf(spec: Pick<TaskSpec, 'cancel' | 'suspend' | 'handOff'>): Record<string, string> {
  const gate = gateFor(spec);
  return {
    [ORDER_ANNOTATION]: String(spec.cancel === true ? QUIT : 0),
    ...(gate !== undefined && { [GATE_ANNOTATION]: String(gate) }),
  };
}

/**
 * The gate that a Task itself wants: before every step while it is suspended, before all but the first when the
 * controller hands off.
 *
 * @example gateFor({ steps, suspend: true }) // 1
 */
export function gateFor({ suspend, handOff }: Pick<TaskSpec, 'suspend' | 'handOff'>): number | undefined {
  if (suspend === true) return 1;
  return handOff === 'Controller' ? 2 : undefined;
}

function deadlineOf(spec: Pick<TaskSpec, 'timeout' | 'finally'>): { activeDeadlineSeconds?: number } {
  const ms = spec.timeout === undefined ? undefined : parseDuration(spec.timeout);
  if (ms === undefined) return {};
  return { activeDeadlineSeconds: Math.ceil((ms + finallyTime(spec)) / 1000) + BACK_STOP };
}

function volumes(task: Task, { injection, agentImage, agentImagePullPolicy }: PodSettings): Volume[] {
  const scripts = scriptsConfigMap(task);
  const pullPolicy = agentImagePullPolicy !== undefined && { pullPolicy: agentImagePullPolicy };
  const item = (path: string, annotation: string) => ({
    path,
    fieldRef: { fieldPath: `metadata.annotations['${annotation}']` },
  });
  const downwardAPI = {
    items: [
      item('order', ORDER_ANNOTATION),
      item('gate', GATE_ANNOTATION),
      item('over', OVER_ANNOTATION),
      ...(everyStep(task.spec).some(isPausable) ? [item('resume', RESUME_ANNOTATION)] : []),
    ],
  };
  return [
    injection === 'image-volume'
      ? { name: BIN_VOLUME, image: { reference: agentImage, ...pullPolicy } }
      : { name: BIN_VOLUME, emptyDir: {} },
    { name: PODINFO_VOLUME, downwardAPI },
    ...(scripts
      ? [{ name: SCRIPTS_VOLUME, configMap: { name: scripts.metadata.name, defaultMode: 0o555 } }]
      : []),
    ...everyStep(task.spec).map((_, index) => ({ name: runVolume(index + 1), emptyDir: {} })),
  ];
}

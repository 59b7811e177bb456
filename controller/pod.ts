/** What the controller reads of a pod: Kubernetes v1 Pod, the few fields of it that say how its containers are. */
import { GATE_ANNOTATION, ORDER_ANNOTATION, OVER_ANNOTATION, RESUME_ANNOTATION } from '../shared/pod/pod.ts';
import { STOP_ANNOTATION } from './annotations.ts';
import { KIND, TASK_LABEL } from '../shared/task/api.ts';
import { defined } from './defined.ts';
import type { KubeObject, OwnerReference } from './runtime/objects.ts';

export interface ObservedPod extends KubeObject {
  spec?: { nodeName?: string; activeDeadlineSeconds?: number };
  status?: {
    phase?: string;
    startTime?: string;
    reason?: string;
    message?: string;
    conditions?: PodCondition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface PodCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface ContainerStatus {
  name: string;
  /** Whether its readiness probe says so: of a step that can be held, whether it is. */
  ready?: boolean;
  imageID?: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    running?: { startedAt?: string };
    terminated?: Terminated;
  };
}

export interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
  finishedAt?: string | null;
}

/** Whether a node has the pod, as far as anybody has said. */
export function hasNode(pod: ObservedPod): boolean {
  const { containerStatuses = [] } = pod.status ?? {};
  return (
    pod.spec?.nodeName !== undefined ||
    condition(pod, 'PodScheduled')?.status === 'True' ||
    containerStatuses.length > 0
  );
}

export function condition(pod: ObservedPod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((each) => each.type === type);
}

/** Whether its node says that it has made no container of the pod: it cannot mount a volume, say, or set up the network. */
export function isUnmade(pod: ObservedPod): boolean {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const statuses = [...initContainerStatuses, ...containerStatuses];
  return (
    condition(pod, READY_FOR_CONTAINERS)?.status === 'False' &&
    statuses.every(({ state }) => state?.running === undefined && state?.terminated === undefined)
  );
}

/**
 * Whether a pod that is over never was ready for containers: its node has said so since it first saw the pod. One that was
 * ready is no longer at its end, since then.
 */
export function wasNeverReady(pod: ObservedPod): boolean {
  const { status, lastTransitionTime = '' } = condition(pod, READY_FOR_CONTAINERS) ?? {};
  const first = Date.parse(pod.status?.startTime ?? '');
  return status === 'False' && Date.parse(lastTransitionTime) <= first + SECOND;
}

const READY_FOR_CONTAINERS = 'PodReadyToStartContainers';
/** The kubelet's times are whole seconds. */
const SECOND = 1_000;

/** Whether nothing in the pod runs or will: the kubelet says so some time after its last container is over. */
export function isEnded(pod: ObservedPod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/**
 * The pod with what nobody here reads left out, for keeping a thousand of them.
 *
 * @example new Cache({ type: PODS, keep: keepOfPod, stub: stubOfPod })
 */
export function keepOfPod(pod: ObservedPod): ObservedPod {
  const { name, namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp } = pod.metadata;
  const { annotations = {} } = pod.metadata;
  const { phase, startTime, reason, message, conditions, initContainerStatuses, containerStatuses } =
    pod.status ?? {};
  const owner = ownerOf(pod);
  const task = owner === undefined ? taskNameOf(pod) : undefined;
  return defined({
    metadata: defined({
      name,
      namespace,
      uid,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences: owner && [owner],
      labels: task === undefined ? undefined : { [TASK_LABEL]: task },
      annotations: defined({
        [ORDER_ANNOTATION]: annotations[ORDER_ANNOTATION],
        [GATE_ANNOTATION]: annotations[GATE_ANNOTATION],
        [OVER_ANNOTATION]: annotations[OVER_ANNOTATION],
        [RESUME_ANNOTATION]: annotations[RESUME_ANNOTATION],
        [STOP_ANNOTATION]: annotations[STOP_ANNOTATION],
      }),
    }),
    spec: defined({
      nodeName: pod.spec?.nodeName,
      activeDeadlineSeconds: pod.spec?.activeDeadlineSeconds,
    }),
    status: defined({
      phase,
      startTime,
      reason,
      message,
      conditions: conditions?.filter(({ type }) => CONDITIONS.has(type)).map(keepOfCondition),
      initContainerStatuses: initContainerStatuses?.map(keepOfContainer),
      containerStatuses: containerStatuses?.map(keepOfContainer),
    }),
  });
}

/** Which pod it is, and whose: of one that is no longer of use, not even that. */
export function stubOfPod(pod: ObservedPod, isOfUse = true): ObservedPod {
  const { name, namespace = '', uid = '', resourceVersion = '' } = pod.metadata;
  const owner = isOfUse ? ownerOf(pod) : undefined;
  // Written out: ten thousand of these are kept.
  const metadata = { name, namespace, uid, resourceVersion };
  return { metadata: owner === undefined ? metadata : { ...metadata, ownerReferences: [owner] }, stub: true };
}

/** Who manages the pod. */
export function ownerOf({ metadata }: Pick<ObservedPod, 'metadata'>): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true);
}

/** The Task that a pod is of: that of its owner, or of its label where somebody has taken the owner away. */
export function taskNameOf(pod: ObservedPod): string | undefined {
  const owner = ownerOf(pod);
  if (owner !== undefined) return owner.kind === KIND ? owner.name : undefined;
  return pod.metadata.labels?.[TASK_LABEL];
}

const CONDITIONS = new Set(['PodScheduled', READY_FOR_CONTAINERS, 'Ready', 'DisruptionTarget']);

function keepOfCondition({ type, status, reason, message, lastTransitionTime }: PodCondition): PodCondition {
  return defined({ type, status, reason, message, lastTransitionTime });
}

function keepOfContainer({ name, ready, imageID, state }: ContainerStatus): ContainerStatus {
  return defined({ name, ready, imageID, state });
}

/** What keeps a pod from getting on, and how long that is put up with. */
import { INSTALL_CONTAINER } from '../../shared/task/rules.ts';
import { condition, isEnded, type ContainerStatus, type ObservedPod } from '../pod.ts';
import type { Chain } from './observe.ts';

export interface Trouble {
  /** One CamelCase word. */
  reason: string;
  /** What is wrong, and what to do about it. */
  message: string;
  /** The step that it is about; the Task as a whole when absent. */
  step?: string;
  /**
   * Whether it ends the Task: `now`; `patience`, when it lasts longer than the controller's patience; `never` by itself,
   * because the cluster may put it right at any time (a node is added, a Secret's quota raised).
   */
  ends: 'now' | 'patience' | 'never';
}

/** The most bytes of the message of a trouble that is kept for a Task: of such Tasks there can be many thousands. */
export const MAX_TROUBLE = 2048;

interface Stuck extends Pick<Trouble, 'reason' | 'ends'> {
  cure: string;
}

/** Waiting reasons of the kubelet, by what they mean here. Any other is a container on its way. */
const WAITING: Readonly<Record<string, Stuck>> = {
  // The kubelet alternates between these two while it retries.
  ErrImagePull: {
    reason: 'ImagePullBackOff',
    ends: 'patience',
    cure: 'check the image name, its registry and the imagePullSecrets',
  },
  ImagePullBackOff: {
    reason: 'ImagePullBackOff',
    ends: 'patience',
    cure: 'check the image name, its registry and the imagePullSecrets',
  },
  RegistryUnavailable: {
    reason: 'ImagePullBackOff',
    ends: 'patience',
    cure: 'check that the node can reach the registry',
  },
  ErrImageNeverPull: {
    reason: 'ErrImageNeverPull',
    ends: 'patience',
    cure: 'load the image on the node, or change imagePullPolicy',
  },
  ImageInspectError: { reason: 'ImageInspectError', ends: 'patience', cure: 'push the image again' },
  SignatureValidationFailed: {
    reason: 'SignatureValidationFailed',
    ends: 'patience',
    cure: 'sign the image, or take another',
  },
  InvalidImageName: { reason: 'InvalidImageName', ends: 'now', cure: 'correct the image name' },
  CreateContainerConfigError: {
    reason: 'CreateContainerConfigError',
    ends: 'patience',
    cure: 'create the Secret or ConfigMap that is missing, or correct the securityContext',
  },
  CreateContainerError: {
    reason: 'CreateContainerError',
    ends: 'patience',
    cure: 'see kubectl describe pod',
  },
  // Of a sidecar that never came up: one that did holds no step.
  CrashLoopBackOff: { reason: 'CrashLoopBackOff', ends: 'patience', cure: 'see its log' },
  RunContainerError: { reason: 'RunContainerError', ends: 'patience', cure: 'see kubectl describe pod' },
};

/** Troubles of containers that do not start, which the controller's patience ends. */
const PATIENT: ReadonlySet<string> = new Set([
  ...Object.values(WAITING).flatMap(({ reason, ends }) => (ends === 'patience' ? [reason] : [])),
  ...['FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox'],
]);

/** @example isPatient('ImagePullBackOff') // true */
export function isPatient(reason: string): boolean {
  return PATIENT.has(reason);
}

/**
 * What is wrong with a pod that is not over, the most telling first; `undefined` when nothing is.
 *
 * @example troubleOf(pod, chain)?.reason // 'ImagePullBackOff'
 */
export function troubleOf(pod: ObservedPod, chain: Chain): Trouble | undefined {
  return (
    initTrouble(pod, chain) ??
    stepTrouble(chain) ??
    leaving(pod) ??
    nodeTrouble(pod, chain) ??
    unscheduled(pod)
  );
}

/** The installer or a sidecar: no step can start without them. */
function initTrouble(pod: ObservedPod, { steps }: Chain): Trouble | undefined {
  if (steps.some(({ state }) => state !== 'absent')) return undefined;
  for (const status of pod.status?.initContainerStatuses ?? []) {
    const what = status.name === INSTALL_CONTAINER ? 'the agent' : `sidecar ${status.name}`;
    const trouble = waitingTrouble(what, status.state?.waiting) ?? failedInstaller(status);
    if (trouble !== undefined) return trouble;
  }
  return undefined;
}

function failedInstaller({ name, state }: ContainerStatus): Trouble | undefined {
  const ended = state?.terminated;
  if (name !== INSTALL_CONTAINER || ended === undefined || ended.exitCode === 0) return undefined;
  const told = ended.message?.trim() || `exit code ${ended.exitCode}`;
  return {
    reason: 'InitContainerFailed',
    message: `init container ${name} failed: ${ended.reason ?? 'Error'}, ${told}; see kubectl logs POD -c ${name}`,
    ends: 'now',
  };
}

/** One whose turn will not come holds nobody. */
function stepTrouble({ steps, never }: Chain): Trouble | undefined {
  for (const view of steps) {
    if (never.includes(view)) continue;
    const { name, number, state, waiting } = view;
    const trouble = state === 'absent' ? waitingTrouble(`step ${number} (${name})`, waiting) : undefined;
    if (trouble !== undefined) return { ...trouble, step: name };
  }
  return undefined;
}

function waitingTrouble(what: string, waiting: Waiting | undefined): Trouble | undefined {
  const stuck = stuckBy(waiting);
  if (stuck === undefined) return undefined;
  const { reason, message, kind } = stuck;
  return { reason, message: `${what} cannot start: ${message}; ${kind.cure}`, ends: kind.ends };
}

interface Waiting {
  reason?: string;
  message?: string;
}

/**
 * What keeps a container from starting; `undefined` for one that is on its way. While the kubelet retries a pull it
 * alternates between two reasons and two messages; here they are one.
 *
 * @example stuckBy({ reason: 'ErrImagePull', message: 'not found' })?.reason // 'ImagePullBackOff'
 */
export function stuckBy(
  waiting: Waiting | undefined,
): { reason: string; message: string; kind: Stuck } | undefined {
  const reason = waiting?.reason ?? '';
  const kind = Object.hasOwn(WAITING, reason) ? WAITING[reason] : undefined;
  if (kind === undefined) return undefined;
  const told = waiting?.message
    ?.trim()
    .replace(/^Back-off pulling image "[^"]*"(?:: (?:ErrImagePull: )?)?/, '');
  return { reason: kind.reason, message: told || kind.reason, kind };
}

/** It is being deleted, or its node went away and so it will be. */
function leaving(pod: ObservedPod): Trouble | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  const disruption = condition(pod, 'DisruptionTarget');
  const why = disruption?.status === 'True' ? `: ${disruption.message ?? disruption.reason}` : '';
  return {
    reason: 'PodTerminating',
    message: `pod ${pod.metadata.name} is being deleted${why}`,
    ends: 'never',
  };
}

/**
 * The node lifecycle controller sets Ready to False, without a reason, on the pods of a node that is silent; the kubelet
 * always gives one.
 */
function nodeTrouble(pod: ObservedPod, { steps }: Chain): Trouble | undefined {
  const ready = condition(pod, 'Ready');
  const alive = steps.some(({ state }) => state === 'running' || state === 'held' || state === 'waiting');
  if (ready?.status !== 'False' || ready.reason !== undefined || !alive) return undefined;
  const node = pod.spec?.nodeName ?? 'of the pod';
  return {
    reason: 'NodeNotReady',
    message: `node ${node} does not answer; the Task goes on when it is back, or ends when the pod is evicted`,
    ends: 'never',
  };
}

function unscheduled(pod: ObservedPod): Trouble | undefined {
  const scheduled = condition(pod, 'PodScheduled');
  if (scheduled?.status !== 'False' || isEnded(pod)) return undefined;
  const told = scheduled.message?.trim() || 'no node takes the pod';
  return { reason: scheduled.reason ?? 'Unschedulable', message: told, ends: 'never' };
}

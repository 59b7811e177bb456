/** The status of a pod as the kubelet writes it. */
import { present, timestamp, type Fields } from '../api-server/object.ts';
import { type PodContainer } from './pod.ts';

export type ContainerState =
  | { waiting: { reason: string; message?: string } }
  | { running: { startedAt: string } }
  | { terminated: Terminated };

export interface Terminated {
  exitCode: number;
  signal?: number;
  /** `Completed`, `Error`, `OOMKilled` … */
  reason: string;
  /** The termination message. */
  message?: string;
  startedAt: string;
  finishedAt: string;
}

/** One container and how it is. */
export interface Shown {
  container: PodContainer;
  state: ContainerState;
  /** What the image turned out to be. */
  imageID?: string;
}

export interface PodView {
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  startTime: string;
  init: readonly Shown[];
  containers: readonly Shown[];
  reason?: string;
  message?: string;
}

export function terminatedOf({ state }: Shown): Terminated | undefined {
  return 'terminated' in state ? state.terminated : undefined;
}

const MAX_MESSAGE = 4096;
const MAX_MESSAGES = 12_288;

/** What is kept of a termination message: 4096 bytes, and an even share of 12 KiB for all of a pod's containers. */
function keptMessage(text: string, { init, containers }: Pick<PodView, 'init' | 'containers'>): string {
  const share = Math.floor(MAX_MESSAGES / Math.max(1, init.length + containers.length));
  const bytes = Buffer.from(text);
  const limit = Math.min(MAX_MESSAGE, share);
  return bytes.length <= limit ? text : bytes.subarray(0, limit).toString();
}

/** The whole status: what was there before and is not said is gone. */
export function statusOf(view: PodView): Fields {
  const initialized = view.init.every(
    (shown) => terminatedOf(shown)?.exitCode === 0 || (shown.container.sidecar && 'running' in shown.state),
  );
  const ready = view.containers.every(({ state }) => 'running' in state);
  const over = view.phase === 'Succeeded' || view.phase === 'Failed';
  const why = over ? 'PodCompleted' : 'ContainersNotReady';
  const condition = (type: string, holds: boolean, reason: string): Fields =>
    present({
      type,
      status: holds ? 'True' : 'False',
      reason: holds ? undefined : reason,
      lastTransitionTime: timestamp(),
    });
  return {
    phase: view.phase,
    startTime: view.startTime,
    reason: view.reason ?? null,
    message: view.message ?? null,
    hostIP: '127.0.0.1',
    podIP: '10.0.0.1',
    conditions: [
      condition('PodReadyToStartContainers', true, ''),
      condition('Initialized', initialized, 'ContainersNotInitialized'),
      condition('Ready', ready && initialized, why),
      condition('ContainersReady', ready && initialized, why),
      condition('PodScheduled', true, ''),
    ],
    initContainerStatuses: view.init.map((shown) => containerStatus(shown, view)),
    // As the kubelet has them: by name, not as the spec does.
    containerStatuses: view.containers
      .map((shown) => containerStatus(shown, view))
      .toSorted((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1)),
  };
}

function containerStatus(
  { container: { name, image }, state: whole, imageID }: Shown,
  view: PodView,
): Fields {
  const message = 'terminated' in whole ? whole.terminated.message : undefined;
  const state =
    'terminated' in whole && message !== undefined
      ? { terminated: { ...whole.terminated, message: keptMessage(message, view) } }
      : whole;
  const running = 'running' in state;
  const started = !('waiting' in state);
  return {
    name,
    image,
    restartCount: 0,
    lastState: {},
    state,
    imageID: started ? (imageID ?? `${image}@sha256:${'1'.repeat(64)}`) : '',
    ...(started && { containerID: `containerd://${name}` }),
    ready: running,
    started: running,
  };
}

export const EVICTED: Fields = {
  phase: 'Failed',
  reason: 'Evicted',
  message: 'The node was low on resource: memory.',
  // Such a pod has none.
  containerStatuses: null,
  initContainerStatuses: null,
};

export function unschedulable(message: string): Fields {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  return { phase: 'Pending', conditions: [{ ...condition, lastTransitionTime: timestamp() }] };
}

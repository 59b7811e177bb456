/** What a node says only in events: why a pod of which no container is made does not get on. */
import type { StoredTask } from '../stored-task.ts';
import { hasNode, isEnded, type ObservedPod } from '../pod.ts';
import type { Chain } from './observe.ts';
import type { Trouble } from './trouble.ts';

/** An event about a pod, the newest first where there are several. */
export interface PodEvent {
  reason: string;
  note: string;
}

/** How long a pod that a node has may show no container before its events are read, and how often they are, ms. */
export const EVENTS_INTERVAL = 10_000;

/** Whether the events of the pod may say what its status does not. */
export function mayTell(pod: ObservedPod, chain: Chain, now: number): boolean {
  const made = Date.parse(pod.metadata.creationTimestamp ?? '');
  const isNew = Number.isNaN(made) || now < made + EVENTS_INTERVAL;
  const shows = chain.steps.some(({ state }) => state !== 'absent');
  return hasNode(pod) && !isEnded(pod) && !shows && !isNew;
}

/**
 * What the events say: a volume that cannot be mounted, with the step that mounts it, what is missing and what to do.
 *
 * @example mountTrouble(task, [{ reason: 'FailedMount', note: 'MountVolume.SetUp failed for volume "c" : configmap "x" not found' }])
 */
export function mountTrouble(task: StoredTask, events: readonly PodEvent[]): Trouble | undefined {
  for (const { reason, note } of events) {
    const [, volume, why] =
      /^MountVolume\.\S+ failed for volume "([^"]{1,253})" ?: ?([^]{1,2000})/.exec(note) ?? [];
    if (reason === 'FailedMount' && volume !== undefined && why !== undefined)
      return volumeTrouble(task, volume, why.trim());
  }
  const other = events.find(({ reason }) => OTHERS.has(reason));
  if (other === undefined) return undefined;
  return {
    reason: other.reason,
    message: `${other.note.slice(0, 2000)}; see kubectl describe pod`,
    ends: 'patience',
  };
}

const OTHERS: ReadonlySet<string> = new Set(['FailedMount', 'FailedAttachVolume', 'FailedCreatePodSandBox']);

function volumeTrouble(task: StoredTask, volume: string, why: string): Trouble {
  const { steps, stepTemplate, volumes = [] } = task.spec;
  const uses = (mounts: readonly { name: string }[] | undefined): boolean =>
    mounts?.some(({ name }) => name === volume) ?? false;
  const index = uses(stepTemplate?.volumeMounts) ? 0 : steps.findIndex((step) => uses(step.volumeMounts));
  const step = steps[index]?.name;
  const whose = step === undefined ? '' : ` of step ${index + 1} (${step})`;
  const source = volumes.find(({ name }) => name === volume);
  const message = `volume ${volume}${whose} cannot be mounted: ${why}; ${cureOf(why, source !== undefined, task)}`;
  return { reason: 'FailedMount', message, ...(step !== undefined && { step }), ends: 'patience' };
}

function cureOf(why: string, isDeclared: boolean, { metadata }: StoredTask): string {
  const [, kind, name] =
    /\b(configmap|secret|persistentvolumeclaim) "([^"]{1,253})" not found/i.exec(why) ?? [];
  if (kind !== undefined && isDeclared) {
    const word = KINDS[kind.toLowerCase()] ?? kind;
    return `create the ${word} ${name} in namespace ${metadata.namespace}, or correct the name`;
  }
  if (why.includes('references non-existent')) return 'add the key, or correct items';
  return 'correct the volume, or see kubectl describe pod';
}

const KINDS: Readonly<Record<string, string>> = {
  configmap: 'ConfigMap',
  secret: 'Secret',
  persistentvolumeclaim: 'PersistentVolumeClaim',
};

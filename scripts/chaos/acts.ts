/** Does to a Task what its plan says. */
import { STOP_ANNOTATION } from '../../controller/annotations.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { PODS, TASKS, type ResourceType } from '../../controller/runtime/objects.ts';
import type { StoredTask } from '../../controller/stored-task.ts';
import { GATE_ANNOTATION, ORDER_ANNOTATION, podNameOf } from '../../shared/pod/pod.ts';
import { killAgent } from './agents.ts';
import type { Facts } from './facts.ts';
import type { Act } from './plan.ts';

/** How often something is tried for which there is no pod or no agent yet, and for how long, ms. */
const PAUSE = 50;
const GIVE_UP = 15_000;

const ANNOTATIONS = { order: ORDER_ANNOTATION, gate: GATE_ANNOTATION, stop: STOP_ANNOTATION };

/**
 * Waits for the moment of each act, and does them in their order; what cannot be done yet is tried again for a while.
 * Agents are killed beside that: a step may never have one.
 *
 * @returns those that were done
 */
export async function perform(
  acts: readonly Act[],
  task: StoredTask,
  { client, posted, signal }: { client: ApiClient; posted: number; signal: AbortSignal },
): Promise<Facts['done']> {
  const inTurn = async (all: readonly Act[]): Promise<Facts['done'][number][]> => {
    const done: Facts['done'][number][] = [];
    for (const act of all) {
      await pause(Math.max(0, posted + act.after - Date.now()), signal);
      const since = Date.now();
      // There may never be a pod: that of a Task that is held until a later act, say.
      while (!signal.aborted && Date.now() < since + GIVE_UP) {
        const from = Date.now();
        if (await attempt(act, task, client)) {
          done.push({ act, from, to: Date.now() });
          break;
        }
        await pause(PAUSE, signal);
      }
    }
    return done;
  };
  const kills = acts.filter(({ kind }) => kind === 'kill-agent');
  const others = acts.filter(({ kind }) => kind !== 'kill-agent');
  return (await Promise.all([inTurn(others), ...kills.map((act) => inTurn([act]))])).flat();
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

async function attempt(act: Act, { metadata }: StoredTask, client: ApiClient): Promise<boolean> {
  const { namespace = '', name, uid = '' } = metadata;
  const pod = podNameOf({ name, uid });
  const merge = async (type: ResourceType, which: string, body: object): Promise<void> =>
    void (await client.patch(type, { namespace, name: which }, { type: 'merge', body }));
  try {
    switch (act.kind) {
      case 'kill-agent':
        return await killAgent(name, act.step);
      case 'cancel':
        await merge(TASKS, name, { spec: { cancel: true } });
        break;
      case 'suspend':
      case 'resume':
        await merge(TASKS, name, { spec: { suspend: act.kind === 'suspend' } });
        break;
      case 'annotate':
        await merge(PODS, pod, { metadata: { annotations: { [ANNOTATIONS[act.name]]: act.value } } });
        break;
      case 'unlabel':
        await merge(PODS, pod, { metadata: { labels: null } });
        break;
      case 'disown':
        await merge(PODS, pod, { metadata: { ownerReferences: null } });
        break;
      case 'delete-pod':
        await client.delete(PODS, { namespace, name: pod });
        break;
      case 'delete-task':
        await client.delete(TASKS, { namespace, name });
    }
    return true;
  } catch {
    // There is no pod yet, or the server is away.
    return false;
  }
}

/** Runs planned Tasks on a cluster, some at once, and lets the oracle judge each. */
import { readFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { TASKS } from '../../controller/runtime/objects.ts';
import type { StoredTask } from '../../controller/stored-task.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { perform } from './acts.ts';
import type { Facts } from './facts.ts';
import { readJournal } from './journal.ts';
import { judge } from './oracle.ts';
import type { Plan } from './plan.ts';
import { specOf, type Place } from './task.ts';
import { Watcher } from './watcher.ts';

export interface Campaign {
  client: ApiClient;
  namespace: string;
  place: Place;
  /** How many Tasks there are at once. */
  atOnce: number;
  /** How long a Task may show nothing new before its end, ms: what a silent node is waited for, and some. */
  limit: number;
  /** For how long a Task is watched once it is over, ms. */
  settle: number;
  onResult: (result: Result) => void;
}

export interface Result {
  plan: Plan;
  facts: Facts;
  /** What the steps wrote. */
  journal: string;
  anomalies: readonly string[];
}

/** How often it is looked whether a Task is over, ms. */
const POLL = 50;

/** @returns all that had an anomaly */
export async function campaign(plans: readonly Plan[], settings: Campaign): Promise<Result[]> {
  const { client, namespace, atOnce, onResult } = settings;
  const watcher = new Watcher({ client, namespace });
  const stop = new AbortController();
  const watching = watcher.run(stop.signal);
  const left = plans.values();
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (const plan of left) {
      const ran = await runTask(plan, watcher, settings);
      const journal = await readFile(`${settings.place.directory}/${plan.name}`, 'utf8').catch(() => '');
      const told = await patiently(() => watcher.events());
      const facts = { ...ran, journal: readJournal(journal, bootTime()), events: told.get(ran.uid) ?? [] };
      const result = { plan, facts, journal, anomalies: judge(facts) };
      onResult(result);
      if (result.anomalies.length > 0) results.push(result);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  stop.abort();
  await watching;
  return results;
}

async function runTask(
  plan: Plan,
  watcher: Watcher,
  { client, namespace, place, limit, settle }: Campaign,
): Promise<Omit<Facts, 'journal' | 'events'> & { uid: string }> {
  const { name } = plan;
  const spec = specOf(plan, place);
  const manifest = { apiVersion: 'api.practice.com/v1alpha1', kind: 'Task', spec } as const;
  const task = await patiently(() =>
    client.create<StoredTask>(TASKS, { ...manifest, metadata: { name, namespace } }),
  );
  const { uid = '' } = task.metadata;
  const posted = Date.now();
  const over = new AbortController();
  const performing = perform(plan.acts, task, { client, posted, signal: over.signal });
  const news = (): number => watcher.seen(uid).at(-1)?.at ?? posted;
  while (!watcher.isOver(uid) && Date.now() < news() + limit) await sleep(POLL);
  over.abort();
  const done = await performing;
  await sleep(settle);
  // Where it was deleted no event tells of what it asked for last.
  return {
    uid,
    spec,
    done,
    seen: watcher.seen(uid),
    pods: watcher.podsOf(podNameOf({ name, uid })),
    until: Date.now(),
  };
}

/** When this machine started, ms since the epoch. */
function bootTime(): number {
  return Date.now() - uptime() * 1000;
}

/** The server may be away for a while. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = 100; ; left -= 1) {
    try {
      return await ask();
    } catch (error) {
      if (left === 0) throw error;
      await sleep(300);
    }
  }
}

/** A kubelet whose containers are processes of this machine: real agents, in real files, under the real API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiObject } from '../api-server/object.ts';
import { Talk, type Place } from '../api-server/talk.ts';
import { followPods } from './follow.ts';
import { ProcessPod, type AgentCommand } from './process-pod.ts';
import { Reporter } from './reporter.ts';
import { type Kubelet, type Start } from './script.ts';

export interface ProcessSettings {
  /** How the agent from the build is started; see `agents.ts` of the tests. */
  agent: AgentCommand;
  namespace?: string;
  labelSelector?: string;
  /** ms from a change of a container to its being written. Default: 0. */
  lag?: number;
  /** ms from the last container's end to the phase that says so. Default: 1000. */
  phaseLag?: number;
  /** ms from a change of annotations to its being in the files. Default: 0. */
  refreshDelay?: number;
  /** Default: `test-node`. */
  node?: string;
}

export interface ProcessKubelet extends Omit<Kubelet, 'starts'> {
  /** Every start of every step's command so far, of pods that are gone too. */
  starts: () => Promise<Start[]>;
  /** The directory of a pod that is there: `NAME.log`, `NAME.termination-log`, `volumes/`. */
  directoryOf: (uid: string) => string | undefined;
}

interface Kept {
  pod: ProcessPod;
  directory: string;
  pending: boolean;
  final: boolean;
  removing: boolean;
}

/**
 * Runs every pod of a scope from now on. Pods that have begun before are not its own, and stay as they are.
 *
 * @example
 * const kubelet = await processKubelet({ url: server.url }, { agent: staticAgent.command });
 * await kubelet.stop(); // and nothing of any pod runs any more
 */
export async function processKubelet(place: Place, settings: ProcessSettings): Promise<ProcessKubelet> {
  const { agent, lag = 0, phaseLag = 1000, refreshDelay = 0, node = 'test-node' } = settings;
  const root = await mkdtemp(join(tmpdir(), 'taskflow-kubelet-'));
  const talk = new Talk(place);
  const controller = new AbortController();
  const { signal } = controller;
  const reporter = new Reporter(talk, signal);
  const kept = new Map<string, Kept>();
  const past: Start[] = [];
  const timers = new Set<NodeJS.Timeout>();

  function later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  }

  function onPod(pod: ApiObject): void {
    const { uid, deletionTimestamp } = pod.metadata;
    const known = kept.get(uid);
    if (known === undefined) {
      const fresh = pod.status?.['phase'] === 'Pending' && pod.status['startTime'] === undefined;
      if (fresh && deletionTimestamp === undefined) begin(pod);
      return;
    }
    known.pod.pod = pod;
    later(refreshDelay, () => void known.pod.refresh().catch(unlessGone(uid, known)));
    if (deletionTimestamp !== undefined) void end(known);
  }

  function begin(pod: ApiObject): void {
    const { uid } = pod.metadata;
    const directory = join(root, uid);
    const known: Kept = {
      pod: new ProcessPod(pod, {
        talk,
        root: directory,
        agent,
        onChange: () => report(known),
        onExpired: () => {
          known.final = true;
          report(known);
        },
      }),
      directory,
      pending: false,
      final: false,
      removing: false,
    };
    kept.set(uid, known);
    void run(known).catch(unlessGone(uid, known));
  }

  /** A pod that is deleted while it is made loses its files. */
  function unlessGone(uid: string, known: Kept): (error: unknown) => void {
    return (error) => {
      if (!signal.aborted && kept.get(uid) === known) throw error;
    };
  }

  async function run(known: Kept): Promise<void> {
    const { pod } = known;
    if (pod.pod.spec?.['nodeName'] === undefined) await reporter.bind(pod.pod, node);
    await pod.run();
    if (!pod.over) return;
    later(phaseLag, () => {
      known.final = true;
      report(known);
    });
  }

  function report(known: Kept): void {
    if (known.pending) return;
    known.pending = true;
    later(lag, () => {
      known.pending = false;
      reporter.report(known.pod.pod, known.pod.status(known.final));
    });
  }

  async function end(known: Kept): Promise<void> {
    if (known.removing) return;
    known.removing = true;
    await known.pod.stop();
    known.final = true;
    reporter.report(known.pod.pod, known.pod.status(true));
    await reporter.remove(known.pod.pod);
  }

  async function startsOf({ pod }: Kept): Promise<Start[]> {
    const { uid, name, namespace = '' } = pod.pod.metadata;
    return (await pod.starts()).map((line) => {
      const [step = '', at] = line.split(' ');
      return { namespace, pod: name, uid, step, at: Number(at) };
    });
  }

  async function forget(uid: string): Promise<void> {
    const known = kept.get(uid);
    if (known === undefined) return;
    // Deleted with force it may still run; a kubelet ends it all the same.
    await known.pod.stop();
    past.push(...(await startsOf(known)));
    kept.delete(uid);
    await known.pod.destroy();
  }

  const onGone = (uid: string): void => void forget(uid);
  const following = followPods(talk, settings, { onPod, onGone }, signal);
  return {
    pods: () => kept.size,
    directoryOf: (uid) => kept.get(uid)?.directory,
    starts: async () => {
      const present = (await Promise.all([...kept.values()].map(startsOf))).flat();
      return [...past, ...present].toSorted((a, b) => a.at - b.at);
    },
    stop: async () => {
      controller.abort();
      for (const timer of timers) clearTimeout(timer);
      await following;
      await Promise.all([...kept.values()].map(({ pod }) => pod.destroy()));
      await talk.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

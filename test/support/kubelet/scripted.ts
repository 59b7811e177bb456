/** A kubelet that plays pods from a script, fast, through the API of any server that has no other kubelet. */
import { type ApiObject } from '../api-server/object.ts';
import { Talk, type Place } from '../api-server/talk.ts';
import { followPods } from './follow.ts';
import { Reporter } from './reporter.ts';
import { type Kubelet, type PodScript, type ScriptedSettings, type Start } from './script.ts';
import { ScriptedPod } from './scripted-pod.ts';
import { EVICTED, unschedulable } from './status.ts';

interface Played {
  pod: ScriptedPod;
  started: boolean;
  /** Nothing is to be heard of it any more. */
  silent: boolean;
  /** A report is on its way. */
  pending: boolean;
  /** The phase may say that it is over. */
  final: boolean;
  finishing: boolean;
  removing: boolean;
}

/**
 * Plays every pod of a scope from now on.
 *
 * @example
 * const kubelet = scriptedKubelet({ url: server.url }, { script: () => ({ steps: { test: { exitCode: 1 } } }) });
 * await kubelet.stop();
 */
export function scriptedKubelet(place: Place, settings: ScriptedSettings = {}): Kubelet {
  const {
    script = (): PodScript => ({}),
    startDelay = 0,
    lag = 0,
    phaseLag = 1000,
    node = 'test-node',
  } = settings;
  const talk = new Talk(place);
  const controller = new AbortController();
  const { signal } = controller;
  const reporter = new Reporter(talk, signal);
  const played = new Map<string, Played>();
  const starts: Start[] = [];
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
    const known = played.get(uid);
    if (known === undefined) {
      if (pod.status?.['phase'] === 'Pending' && deletionTimestamp === undefined) begin(pod);
      return;
    }
    known.pod.pod = pod;
    if (known.silent) return;
    if (deletionTimestamp !== undefined) return void end(known);
    if (!known.started) return;
    known.pod.play();
    const left = known.pod.untilDeadline;
    if (left !== undefined)
      later(left, () => {
        known.pod.expire();
        report(known);
      });
    report(known);
  }

  function begin(pod: ApiObject): void {
    const { uid, name, namespace = '' } = pod.metadata;
    const around = {
      later: (ms: number, act: () => void) =>
        later(ms, () => {
          act();
          const known = played.get(uid);
          if (known !== undefined) report(known);
        }),
      onStart: (step: string, at: number) => void starts.push({ namespace, pod: name, uid, step, at }),
    };
    const chosen = script(pod);
    const known: Played = {
      pod: new ScriptedPod(pod, chosen, around),
      started: false,
      silent: false,
      pending: false,
      final: false,
      finishing: false,
      removing: false,
    };
    played.set(uid, known);
    if (chosen.unschedulable !== undefined) return reporter.report(pod, unschedulable(chosen.unschedulable));
    void bindAndStart(known);
  }

  async function bindAndStart(known: Played): Promise<void> {
    const { pod } = known.pod;
    if (pod.spec?.['nodeName'] === undefined) await reporter.bind(pod, node);
    later(startDelay, () => {
      if (known.silent || known.removing) return;
      known.started = true;
      known.pod.start();
      report(known);
      trouble(known, known.pod.script);
    });
  }

  function trouble(known: Played, { evictedAfter, nodeLostAfter }: PodScript): void {
    const { pod } = known.pod;
    if (evictedAfter !== undefined)
      later(evictedAfter, () => {
        known.silent = true;
        reporter.report(pod, EVICTED);
      });
    if (nodeLostAfter !== undefined)
      later(nodeLostAfter, () => {
        known.silent = true;
        const { namespace, name } = pod.metadata;
        void talk.ask('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`).catch(() => undefined);
      });
  }

  function report(known: Played): void {
    if (known.pending || known.silent) return;
    known.pending = true;
    later(lag, () => {
      known.pending = false;
      if (known.silent) return;
      reporter.report(known.pod.pod, known.pod.status(known.final));
      if (!known.pod.over || known.finishing) return;
      known.finishing = true;
      later(phaseLag, () => {
        known.final = true;
        report(known);
      });
    });
  }

  async function end(known: Played): Promise<void> {
    if (known.removing) return;
    known.removing = true;
    known.pod.stop();
    known.final = true;
    reporter.report(known.pod.pod, known.pod.status(true));
    await reporter.remove(known.pod.pod);
  }

  const onGone = (uid: string): void => {
    const known = played.get(uid);
    if (known !== undefined) known.silent = true;
    played.delete(uid);
  };
  const following = followPods(talk, settings, { onPod, onGone }, signal);
  return {
    starts,
    pods: () => played.size,
    stop: async () => {
      controller.abort();
      for (const timer of timers) clearTimeout(timer);
      await following;
      await talk.close();
    },
  };
}

/** Whether a Task is over, and what became of it. */
import { orderOf, CANCELLED, TIMED_OUT, type Stop } from '../annotations.ts';
import { QUIT } from '../../shared/turn/order.ts';
import type { StoredTask } from '../stored-task.ts';
import { condition, hasNode, isEnded, type ObservedPod } from '../pod.ts';
import { goesOn, isKilled } from './end.ts';
import { NEVER_STARTED } from './lost.ts';
import type { Chain, StepView } from './observe.ts';
import { causeToStop, stopPatience } from './stop.ts';

/** The last word on a Task. */
export interface Conclusion {
  status: 'Successful' | 'Failure' | 'Cancelled';
  reason: string;
  message: string;
  /** The step that it is about. */
  step?: string;
  /** Nobody has said what the steps did that are not known to be over. */
  unconfirmed?: true;
}

/**
 * How long after its time a deleted pod may still be there, ms. Then nobody is left to say what its containers do: the
 * node is gone, and only a new node of that name, or a person, could tell.
 */
export const DELETION_PATIENCE = 60_000;

/**
 * What became of a Task, once its step containers are over; the pod's phase follows a second later and is not waited
 * for. `undefined` while any of them may still do something: once a node has the pod, a container that it does not show
 * may run all the same.
 *
 * @param stop - why the pod was stopped, when it was
 */
export function conclude({ task, pod, chain, stop }: Judged, now: number): Conclusion | undefined {
  const { steps, stopper, over } = chain;
  if (over && stopper === undefined) return succeeded(steps);
  const own = culprit(chain, pod);
  if (over && own?.always === false) return failedBy(own);
  if (stop !== undefined) {
    if (over || !hasNode(pod)) return stopped(stop);
    return now >= Date.parse(stop.at) + stopPatience(task) ? unconfirmed(stopped(stop), pod) : undefined;
  }
  if (over) return own === undefined ? interrupted({ task, pod, chain, stop }, now) : failedBy(own);

  const { deletionTimestamp } = pod.metadata;
  const vanished =
    deletionTimestamp !== undefined && now >= Date.parse(deletionTimestamp) + DELETION_PATIENCE;
  if (!vanished) return undefined;
  const message = `pod ${pod.metadata.name} was deleted`;
  return unconfirmed({ status: 'Failure', reason: 'NodeLost', message }, pod);
}

interface Judged {
  task: StoredTask;
  pod: ObservedPod;
  chain: Chain;
  stop: Stop | undefined;
}

function succeeded(steps: readonly StepView[]): Conclusion {
  const count = (kind: string): number => steps.filter(({ end }) => end?.outcome === kind).length;
  const [continued, notRun] = [count('Continued'), count('Omitted')];
  const skipped = steps.filter(
    ({ end }) => end?.outcome === 'Omitted' && end.reason === 'SkippedByResume',
  ).length;
  const omitted = notRun - skipped;
  const all = steps.length === 1 ? 'its step succeeded' : `all ${steps.length} steps succeeded`;
  const some = [
    `${steps.length - continued - notRun} of ${steps.length} steps succeeded`,
    ...(continued > 0 ? [`${continued} continued after a failure`] : []),
    ...(omitted > 0 ? [`${omitted} omitted, as its when: did not hold`] : []),
    ...(skipped > 0 ? [`${skipped} skipped by a Resume`] : []),
  ];
  const message = some.length === 1 ? all : some.join(', ');
  return { status: 'Successful', reason: 'Succeeded', message };
}

/** The step that failed by itself; the first, where there are several. One of `finally` only where no other did. */
export function culprit({ steps }: Chain, pod: ObservedPod): StepView | undefined {
  const failed = steps.filter((step) => isItsOwn(step, pod));
  const time = ({ end }: StepView): number => Date.parse(end?.finishedAt ?? '') || Infinity;
  const [first] = failed
    .filter(({ always }) => !always)
    .toSorted((one, other) => (time(one) < time(other) ? -1 : time(one) > time(other) ? 1 : 0));
  return first ?? failed[0];
}

export function stopped({ reason, message, step }: Stop): Conclusion {
  const status = reason === CANCELLED ? 'Cancelled' : 'Failure';
  return { status, reason, message, ...(step !== undefined && { step }) };
}

/** The step failed by itself, and was not ended because its pod was. */
function isItsOwn({ end }: StepView, pod: ObservedPod): boolean {
  if (end === undefined || goesOn(end) || end.outcome === 'Cancelled' || end.outcome === 'Skipped')
    return false;
  const pulledDown = pod.metadata.deletionTimestamp !== undefined || pod.status?.reason !== undefined;
  return !(pulledDown && (isKilled(end) || !end.posted));
}

/** Words of the agent that say too little about the Task as a whole. */
const PLAIN = new Set(['Error', 'Signaled']);

function failedBy({ name, number, always, end }: StepView): Conclusion {
  const { reason = 'Error', outcome, message } = end ?? {};
  const verb = outcome === 'TimedOut' ? 'timed out' : 'failed';
  const told = message === undefined ? '' : `: ${message}`;
  return {
    status: 'Failure',
    reason: outcome === 'TimedOut' ? 'StepTimedOut' : PLAIN.has(reason) ? 'StepFailed' : reason,
    message: `${always ? 'finally, ' : ''}step ${number} (${name}) ${verb}${told}`,
    step: name,
  };
}

/** The steps were ended from outside, and not by this controller. */
function interrupted({ task, pod, chain }: Judged, now: number): Conclusion {
  const { stopper } = chain;
  const isAbout = stopper !== undefined && stopper.end?.reason !== NEVER_STARTED;
  const about = isAbout ? { step: stopper.name } : {};
  const { name, deletionTimestamp } = pod.metadata;
  const { reason, message } = pod.status ?? {};
  // The pod of a Task with a timeout has a deadline behind that, for the time in which there is no controller.
  if (reason === 'DeadlineExceeded') {
    const { timeout } = task.spec;
    const told =
      timeout === undefined
        ? `${message ?? 'the pod was active too long'}; somebody set activeDeadlineSeconds of pod ${name}`
        : `not over within spec.timeout, ${timeout}; its node ended pod ${name}`;
    return { status: 'Failure', reason: TIMED_OUT, message: told, ...about };
  }
  if (reason !== undefined && isEnded(pod)) {
    return { status: 'Failure', reason, message: message ?? `pod ${name} failed: ${reason}`, ...about };
  }
  if (deletionTimestamp !== undefined) return deleted(pod, about);
  // It was stopped, and why is no longer there.
  const cause = causeToStop({ task, pod, trouble: undefined, since: now }, { now, patience: Infinity });
  if (cause !== undefined && orderOf(pod) === QUIT) return stopped(cause);
  const told = stopper?.end?.message ?? 'the pod ended before its steps did';
  return { status: 'Failure', reason: stopper?.end?.reason ?? 'PodFailed', message: told, ...about };
}

function deleted(pod: ObservedPod, about: { step?: string }): Conclusion {
  const disruption = condition(pod, 'DisruptionTarget');
  const why = disruption?.status === 'True' ? `: ${disruption.message ?? disruption.reason}` : '';
  const message = `pod ${pod.metadata.name} was deleted before its steps were over${why}`;
  return { status: 'Failure', reason: 'PodDeleted', message, ...about };
}

function unconfirmed(conclusion: Conclusion, pod: ObservedPod): Conclusion {
  const node = pod.spec?.nodeName ?? 'of the pod';
  const message = `${conclusion.message}; node ${node} has not confirmed that the steps are over, they may still run`;
  return { ...conclusion, message, unconfirmed: true };
}

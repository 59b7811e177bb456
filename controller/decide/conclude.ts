/** Whether a Task is over, and what became of it. */
import { QUIT } from '../../shared/turn/order.ts';
import { condition, isEnded, orderOf, type ObservedPod } from '../pod.ts';
import type { End } from './end.ts';
import type { Chain, StepView } from './observe.ts';
import { CANCELLED, STOP_PATIENCE, TIMED_OUT, type Stop } from './stop.ts';

/** The last word on a Task. */
export interface Conclusion {
  status: 'Successful' | 'Failure' | 'Cancelled';
  reason: string;
  message: string;
  /** The step that it is about. */
  step?: string;
}

/**
 * How long after its time a deleted pod may still be there, ms. Then nobody is left to say what its containers do: the
 * node is gone, and only a new node of that name, or a person, could tell.
 */
export const DELETION_PATIENCE = 60_000;

/**
 * What became of a Task, once its step containers are over; the pod's phase follows a second later and is not waited
 * for. `undefined` while any of them may still do something.
 *
 * @param stop - why the pod was stopped, when it was
 */
export function conclude(
  { pod, chain, stop }: { pod: ObservedPod; chain: Chain; stop: Stop | undefined },
  now: number,
): Conclusion | undefined {
  const { steps, stopper, over } = chain;
  if (over && stopper === undefined) return succeeded(steps.length);
  const own = stopper !== undefined && isItsOwn(stopper, pod) ? stopper : undefined;
  if (over && own !== undefined) return failedBy(own);

  const alive = steps.some(({ state }) => state === 'waiting' || state === 'running');
  if (stop !== undefined) {
    if (!alive) return own === undefined ? stopped(stop) : failedBy(own);
    return now >= Date.parse(stop.at) + STOP_PATIENCE ? unconfirmed(stopped(stop), pod) : undefined;
  }
  if (over) return interrupted(pod, stopper);

  const { deletionTimestamp } = pod.metadata;
  const vanished =
    deletionTimestamp !== undefined && now >= Date.parse(deletionTimestamp) + DELETION_PATIENCE;
  if (!vanished) return undefined;
  const message = `pod ${pod.metadata.name} was deleted`;
  return unconfirmed({ status: 'Failure', reason: 'NodeLost', message }, pod);
}

function succeeded(steps: number): Conclusion {
  const message = steps === 1 ? 'its step succeeded' : `all ${steps} steps succeeded`;
  return { status: 'Successful', reason: 'Succeeded', message };
}

export function stopped({ reason, message, step }: Stop): Conclusion {
  const status = reason === CANCELLED ? 'Cancelled' : 'Failure';
  return { status, reason, message, ...(step !== undefined && { step }) };
}

/** The step failed by itself, and was not ended because its pod was. */
function isItsOwn({ end }: StepView, pod: ObservedPod): boolean {
  if (end === undefined || end.outcome === 'Cancelled' || end.outcome === 'Skipped') return false;
  const pulledDown = pod.metadata.deletionTimestamp !== undefined || pod.status?.reason !== undefined;
  return !(pulledDown && (isKilled(end) || !end.posted));
}

function isKilled({ signal, exitCode, reason }: End): boolean {
  if (reason === 'OOMKilled') return false;
  return signal === 'SIGTERM' || signal === 'SIGKILL' || exitCode === 143 || exitCode === 137;
}

/** Words of the agent that say too little about the Task as a whole. */
const PLAIN = new Set(['Error', 'Signaled']);

function failedBy({ name, number, end }: StepView): Conclusion {
  const { reason = 'Error', outcome, message } = end ?? {};
  const verb = outcome === 'TimedOut' ? 'timed out' : 'failed';
  const told = message === undefined ? '' : `: ${message}`;
  return {
    status: 'Failure',
    reason: outcome === 'TimedOut' ? 'StepTimedOut' : PLAIN.has(reason) ? 'StepFailed' : reason,
    message: `step ${number} (${name}) ${verb}${told}`,
    step: name,
  };
}

/** The steps were ended from outside, and not by this controller. */
function interrupted(pod: ObservedPod, stopper: StepView | undefined): Conclusion {
  const about = stopper === undefined ? {} : { step: stopper.name };
  const { name, deletionTimestamp } = pod.metadata;
  const { reason, message } = pod.status ?? {};
  if (reason === 'DeadlineExceeded') {
    return {
      status: 'Failure',
      reason: TIMED_OUT,
      message: message ?? 'the pod was active too long',
      ...about,
    };
  }
  if (reason !== undefined && isEnded(pod)) {
    return { status: 'Failure', reason, message: message ?? `pod ${name} failed: ${reason}`, ...about };
  }
  if (deletionTimestamp !== undefined) return deleted(pod, about);
  if (orderOf(pod) === QUIT) {
    return { status: 'Cancelled', reason: CANCELLED, message: `the order of pod ${name} was set to ${QUIT}` };
  }
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
  return { ...conclusion, message };
}

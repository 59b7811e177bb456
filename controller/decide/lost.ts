/** What is true of a step whose end says too little by itself: its agent died, its pod was ended, its Task was stopped. */
import { CANCELLED, type Stop } from '../annotations.ts';
import { condition, wasNeverReady, type ObservedPod } from '../pod.ts';
import { goesOn, isKilled, type End } from './end.ts';
import type { StepView, Surroundings } from './observe.ts';

/** The reason of a step whose container the kubelet never started. */
export const NEVER_STARTED = 'NeverStarted';

const NEVER_BEGAN = 'it never began';

/** A step of a pod that is over, of which the kubelet does not say how its container ended. */
export function lostWith(around: Surroundings): End {
  const { pod, known, stop } = around;
  const status = pod.status ?? {};
  const reason = stop?.reason ?? status.reason ?? 'PodFailed';
  const why = stop?.message ?? status.message ?? 'the pod ended before the step did';
  if (known?.startedAt === undefined && cannotHaveBegun(around)) {
    const outcome = stop?.reason === CANCELLED ? 'Cancelled' : 'Skipped';
    return { outcome, reason: NEVER_STARTED, message: 'its container never started', posted: false };
  }
  const hadBegun = known?.state === 'Running' || known?.startedAt !== undefined;
  const what = hadBegun ? 'how it ended' : 'whether it began, and how it ended,';
  const outcome = stop?.reason === CANCELLED ? 'Cancelled' : 'Error';
  return { outcome, reason, message: `${what} is not known: ${why}`, posted: false };
}

function cannotHaveBegun({ pod, status, before, always, told, holds, stop }: Surroundings): boolean {
  if (holds?.isBefore === true) return true;
  const isTheKubelets = condition(pod, 'DisruptionTarget')?.reason !== 'DeletionByPodGC';
  if (!isTheKubelets) return false;
  if (status?.state?.waiting !== undefined || wasRejected(pod)) return true;
  // Of a pod that was stopped before it could have containers a kubelet says that it cannot find them.
  if (stop !== undefined && wasNeverReady(pod)) return true;
  // Its turn never came.
  const isKnown = ({ end, number }: StepView): boolean => end?.posted === true || told.has(number);
  if (always) return !before.every(isKnown);
  return before.some(
    (view) =>
      view.end !== undefined && !goesOn(view.end) && (isKnown(view) || view.end.reason === NEVER_STARTED),
  );
}

/** The node did not take it; nothing of it ever ran. */
function wasRejected({ status }: ObservedPod): boolean {
  return (
    (status?.containerStatuses ?? []).length === 0 && (status?.message ?? '').startsWith('Pod was rejected')
  );
}

/** A container that died before its turn came: its command never began. */
export function neverBegan(end: End, { before, always, holds }: Surroundings): End {
  if (end.posted || end.outcome === 'Succeeded') return end;
  // The kubelet's times are whole seconds.
  const isLater = (earlier: End): boolean =>
    earlier.finishedAt !== undefined && secondsOf(earlier) > secondsOf(end);
  const mayFollow = before.every(
    ({ end: earlier }) => earlier !== undefined && (always || goesOn(earlier)) && !isLater(earlier),
  );
  if (mayFollow && holds?.isBefore === true) {
    const message = `its container ended with code ${end.exitCode} before anybody let it begin; ${NEVER_BEGAN}`;
    return { ...end, message };
  }
  if (mayFollow) return end;
  const message = `its container ended with code ${end.exitCode} before its turn came; ${NEVER_BEGAN}`;
  // Where it may fail, what comes after it is stopped all the same by what stopped it.
  const isSkipped =
    goesOn(end) && before.some(({ end: earlier }) => earlier !== undefined && !goesOn(earlier));
  return isSkipped ? { ...end, outcome: 'Skipped', message } : { ...end, message };
}

function secondsOf({ finishedAt = '' }: Pick<End, 'finishedAt'>): number {
  return Math.floor(Date.parse(finishedAt) / 1000);
}

/** The end of a step of a Task that was stopped: what the stop killed was stopped, and only a person cancels. */
export function stoppedWith(end: End, stop: Stop | undefined, name: string): End {
  // What it was stopped for is the step's own doing.
  if (stop === undefined || stop.step === name) return end;
  const { outcome, message = '' } = end;
  const told = stop.reason === CANCELLED ? 'the Task was cancelled' : `the Task was stopped (${stop.reason})`;
  if (outcome === 'Cancelled') return { ...end, message: message.replace('the Task was cancelled', told) };
  const isByIt =
    outcome === 'Failed' && isKilled(end) && secondsOf(end) >= secondsOf({ finishedAt: stop.at });
  if (!isByIt) return end;
  const isSure = end.posted || end.startedAt !== undefined || message.endsWith(NEVER_BEGAN);
  const perhaps = isSure ? '' : '; whether it began is not known';
  return { ...end, outcome: 'Cancelled', reason: CANCELLED, message: `${told}; ${message}${perhaps}` };
}

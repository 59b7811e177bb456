/** How a step ended: what its agent said, or what its container shows when the agent could say nothing. */
import { EXIT_CODES } from '../../shared/turn/exit-codes.ts';
import { readCutOutcome } from '../../shared/turn/cut-outcome.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { resultsOf, type Result } from '../../shared/task/results.ts';
import type { Step } from '../../shared/task/task.ts';
import { int32, moment } from './bounds.ts';
import { defined } from '../defined.ts';
import type { Terminated } from '../pod.ts';

/** The end of a step. */
export type End = Pick<Outcome, 'outcome' | 'reason'> &
  Partial<Pick<Outcome, 'exitCode' | 'signal' | 'message' | 'startedAt' | 'finishedAt' | 'attempts'>> & {
    results?: Result[];
    /** Whether the agent posted an outcome: then the step after this one knows, and needs no order. */
    posted: boolean;
    /** The gate that the next step met, Infinity for none; absent when its agent said nothing of it. */
    gate?: number;
    /** Whether what its agent said is not all there. */
    cut?: boolean;
  };

/** What a step says about its own failure. */
export interface MayFail {
  onError: Step['onError'];
}

/** Whether the chain goes on after this end. */
export function goesOn(end: End): boolean {
  return next(end) === 'go';
}

/** Whether somebody killed it, rather than that it failed. */
export function isKilled({ signal, exitCode, reason }: End): boolean {
  if (reason === 'OOMKilled') return false;
  return signal === 'SIGTERM' || signal === 'SIGKILL' || exitCode === 143 || exitCode === 137;
}

/**
 * What became of a step whose container is over. The agent's record is the termination message, of which the kubelet
 * keeps the beginning only when a pod has many containers. A container that was killed with its agent (out of memory,
 * node trouble) has none; then the exit code decides, and a step that may fail lets the chain go on.
 *
 * @example endOf({ exitCode: 137, reason: 'OOMKilled' }, { onError: 'stop' }) // { outcome: 'Failed', reason: 'OOMKilled', posted: false, … }
 */
export function endOf(terminated: Terminated, step: MayFail): End {
  const said = readCutOutcome(terminated.message ?? '');
  const finishedAt = moment(terminated.finishedAt ?? undefined);
  if (said === undefined) return silentEnd(terminated, step, finishedAt);
  const { exitCode, outcome, signal, startedAt, attempts } = said;
  const results = resultsOf(said);
  const gate = said.gate === null ? Infinity : said.gate;
  const cut = said.finishedAt === undefined ? true : undefined;
  // The kernel's word for it says more than "ended by SIGKILL".
  const killed = terminated.reason === 'OOMKilled' && signal === 'SIGKILL';
  const reason = killed ? 'OOMKilled' : (said.reason ?? terminated.reason ?? outcome);
  const message = killed ? OUT_OF_MEMORY : said.message;
  const finished = moment(said.finishedAt, finishedAt) ?? finishedAt;
  const rest = {
    exitCode: exitCode === undefined || int32(exitCode) !== exitCode ? terminated.exitCode : exitCode,
    signal,
    message,
    startedAt: moment(startedAt, finished),
    finishedAt: finished,
    attempts: attempts && int32(attempts, 0),
    results: results.length > 0 ? results : undefined,
    gate,
    cut,
  };
  return { outcome, reason, posted: true, ...defined(rest) };
}

const OUT_OF_MEMORY = 'killed for want of memory; raise resources.limits.memory';

function silentEnd(terminated: Terminated, { onError }: MayFail, finishedAt?: string): End {
  const { exitCode } = terminated;
  const reason = terminated.reason ?? 'Error';
  // On cgroup v1 the main process may outlive the one that was killed, and exit with 0.
  const failed = exitCode !== 0 || reason === 'OOMKilled';
  const at = finishedAt !== undefined && { finishedAt };
  if (!failed) return { outcome: 'Succeeded', exitCode, reason, posted: false, ...at };
  const message = whatHappened(reason, terminated);
  return { outcome: silentOutcome(exitCode, onError), exitCode, reason, message, posted: false, ...at };
}

function whatHappened(reason: string, { exitCode, message }: Terminated): string {
  if (reason === 'OOMKilled') return OUT_OF_MEMORY;
  // With the plain reason "Error" the text may be the end of the step's log, which is nobody else's business.
  const told = reason === 'Error' ? undefined : message?.trim();
  return told || `the container ended with code ${exitCode}, its agent said nothing`;
}

function silentOutcome(exitCode: number, onError: Step['onError']): End['outcome'] {
  if (exitCode === EXIT_CODES.SKIPPED.code) return 'Skipped';
  if (exitCode === EXIT_CODES.CANCELLED.code) return 'Cancelled';
  return onError === 'continue' ? 'Continued' : 'Failed';
}

/** One pod, played by its script: no process runs, but agents and kubelet behave as they do. */
import { encodeOutcome, OUTCOME_VERSION, type Outcome } from '../../../shared/turn/outcome.ts';
import { QUIT, turn } from '../../../shared/turn/order.ts';
import { outcomeOver } from '../../../shared/turn/over.ts';
import { timestamp, type ApiObject, type Fields } from '../api-server/object.ts';
import {
  agentOrders,
  containersOf,
  EXPIRED,
  ordersOf,
  untilDeadline,
  type AgentOrders,
  type PodContainer,
} from './pod.ts';
import { type PodScript, type StepScript } from './script.ts';
import { statusOf, terminatedOf, type PodView, type Shown } from './status.ts';

interface Step {
  shown: Shown;
  orders: AgentOrders | undefined;
  script: StepScript;
  /** When its command was started, ms since the epoch. */
  startedAt: number | undefined;
  outcome: Outcome | undefined;
}

/** How to be called back; the pod itself has no clock. */
export interface Around {
  later: (ms: number, act: () => void) => void;
  onStart: (step: string, at: number) => void;
}

const SKIPPED = 121;
const CANCELLED = 122;
const SIGTERM_CODE = 143;
const OUT_OF_MEMORY = 137;

export class ScriptedPod {
  pod: ApiObject;
  readonly script: PodScript;
  readonly #around: Around;
  readonly #steps: Step[];
  readonly #init: Shown[];
  readonly #startTime = timestamp();
  #stopped = false;
  #expired = false;

  constructor(pod: ApiObject, script: PodScript, around: Around) {
    this.pod = pod;
    this.script = script;
    this.#around = around;
    this.#steps = containersOf(pod, 'containers').map((container) => ({
      shown: waiting(container, 'PodInitializing'),
      orders: agentOrders(container),
      script: script.steps?.[container.name] ?? {},
      startedAt: undefined,
      outcome: undefined,
    }));
    this.#init = containersOf(pod, 'initContainers').map((container) =>
      waiting(container, 'PodInitializing'),
    );
  }

  /** Its containers start, unless the script has them fail before. */
  start(): void {
    const { initFails, initWaits } = this.script;
    for (const [index, shown] of this.#init.entries()) {
      if (index === 0 && initWaits !== undefined) return this.#be(shown, { waiting: initWaits });
      const failed = index === 0 ? initFails : undefined;
      if (failed !== undefined)
        return this.#be(shown, { terminated: ended(failed.exitCode, failed.message) });
      this.#be(
        shown,
        shown.container.sidecar ? { running: { startedAt: timestamp() } } : { terminated: ended(0) },
      );
    }
    for (const { shown, script } of this.#steps) {
      if (script.imageID !== undefined) shown.imageID = script.imageID;
      this.#be(
        shown,
        script.waiting === undefined ? { running: { startedAt: timestamp() } } : { waiting: script.waiting },
      );
    }
    this.play();
  }

  /** Everything that can go on now does. */
  play(): void {
    if (this.#stopped) return;
    for (let moved = true; moved;) moved = this.#steps.some((step) => this.#move(step));
    if (this.over) for (const shown of this.#init) this.#endSidecar(shown);
  }

  /** The kubelet stops its containers, as it does for a pod that is deleted. */
  stop(): void {
    for (const step of this.#steps) {
      if (!('running' in step.shown.state)) continue;
      const ran = step.startedAt !== undefined;
      const message = ran ? 'ended by SIGTERM' : "SIGTERM came before the step's turn";
      const exitCode = ran ? SIGTERM_CODE : CANCELLED;
      this.#finish(step, { outcome: ran ? 'Failed' : 'Cancelled', exitCode, reason: 'Signaled', message });
    }
    for (const shown of this.#init) this.#endSidecar(shown);
    this.#stopped = true;
  }

  /** How long until its deadline, ms. */
  get untilDeadline(): number | undefined {
    return this.#stopped || this.over ? undefined : untilDeadline(this.pod, this.#startTime);
  }

  /** Its deadline has come: the kubelet stops it, and what has not started never does. */
  expire(): void {
    if (this.untilDeadline === undefined) return;
    this.stop();
    this.#expired = true;
  }

  /** Whether no container runs any more, or an init container failed. */
  get over(): boolean {
    return (
      this.#expired || this.#initFailed || this.#steps.every(({ shown }) => terminatedOf(shown) !== undefined)
    );
  }

  /** @param final - whether the phase may say that it is over */
  status(final: boolean): Fields {
    const containers = this.#steps.map(({ shown }) => shown);
    const view = { startTime: this.#startTime, init: this.#init, containers };
    return statusOf({ ...view, phase: this.#phase(final), ...(this.#expired && EXPIRED) });
  }

  get #initFailed(): boolean {
    return this.#init.some((shown) => (terminatedOf(shown)?.exitCode ?? 0) !== 0);
  }

  #phase(final: boolean): PodView['phase'] {
    const ends = this.#steps.map(({ shown }) => terminatedOf(shown));
    if (final && this.over)
      return this.#expired || this.#initFailed || ends.some((end) => end?.exitCode !== 0)
        ? 'Failed'
        : 'Succeeded';
    const started = this.#steps.some(({ shown }) => !('waiting' in shown.state));
    return started ? 'Running' : 'Pending';
  }

  #be(shown: Shown, state: Shown['state']): void {
    shown.state = state;
  }

  #endSidecar(shown: Shown): void {
    if ('running' in shown.state) this.#be(shown, { terminated: ended(0) });
  }

  /** Takes a step on, if there is anything to do; says whether there was. */
  #move(step: Step): boolean {
    const { shown, orders, startedAt } = step;
    if (!('running' in shown.state)) return false;
    const { order, gate, over } = ordersOf(this.pod);
    if (startedAt !== undefined) {
      if (orders === undefined || orders.always || order !== QUIT) return false;
      const message = 'the Task was cancelled; ended by SIGTERM';
      this.#finish(step, { outcome: 'Cancelled', exitCode: SIGTERM_CODE, reason: 'Cancelled', message });
      return true;
    }
    if (orders === undefined) return this.#run(step);
    const predecessors = orders.after?.map((number) => {
      const told = over.get(number);
      const posted = this.#steps.find((each) => each.orders?.number === number)?.outcome;
      return posted ?? (told && outcomeOver(number, told));
    });
    const { always } = orders;
    const decision = turn(orders.number, { order, gate, predecessors, always });
    switch (decision.kind) {
      case 'wait':
        return false;
      case 'run':
        return this.#run(step);
      case 'cancelled':
        this.#finish(step, {
          outcome: 'Cancelled',
          exitCode: CANCELLED,
          reason: 'Cancelled',
          message: 'the Task was cancelled',
        });
        return true;
      case 'skip':
        this.#finish(step, {
          outcome: 'Skipped',
          exitCode: SKIPPED,
          reason: 'EarlierStepStopped',
          message: because(decision.because),
        });
        return true;
      default:
        return decision satisfies never;
    }
  }

  #run(step: Step): true {
    const { duration = 0 } = step.script;
    step.startedAt = Date.now();
    this.#around.onStart(step.shown.container.name, step.startedAt);
    if (duration === 0) this.#end(step);
    else
      this.#around.later(duration, () => {
        if (!this.#stopped && 'running' in step.shown.state) this.#end(step);
        this.play();
      });
    return true;
  }

  /** Its command ends as the script has it. */
  #end(step: Step): void {
    const { script, orders } = step;
    if (script.silent === true) {
      const { exitCode = OUT_OF_MEMORY } = script;
      const reason = exitCode === OUT_OF_MEMORY ? 'OOMKilled' : 'Error';
      return this.#be(step.shown, { terminated: { ...ended(exitCode), reason } });
    }
    const { exitCode = 0, results } = script;
    const failed = exitCode !== 0;
    const goesOn = orders?.onError === 'continue';
    this.#finish(step, {
      outcome: failed ? (goesOn ? 'Continued' : 'Failed') : 'Succeeded',
      exitCode,
      reason: failed ? 'Error' : 'Completed',
      message: `exit code ${exitCode}`,
      ...(results !== undefined && { results }),
    });
  }

  #finish(
    step: Step,
    ending: Pick<Outcome, 'outcome' | 'exitCode' | 'reason' | 'message' | 'results'>,
  ): void {
    const { shown, orders, startedAt } = step;
    const exitCode = ending.outcome === 'Continued' ? 0 : ending.exitCode;
    if (orders === undefined) return this.#be(shown, { terminated: ended(exitCode) });
    const finishedAt = new Date().toISOString();
    step.outcome = {
      version: OUTCOME_VERSION,
      gate: ordersOf(this.pod).gate ?? null,
      step: orders.step,
      number: orders.number,
      ...(startedAt !== undefined && { startedAt: new Date(startedAt).toISOString() }),
      finishedAt,
      attempts: startedAt === undefined ? 0 : 1,
      ...ending,
    };
    this.#be(shown, { terminated: ended(exitCode, `${encodeOutcome(step.outcome)}\n`) });
  }
}

function waiting(container: PodContainer, reason: string): Shown {
  return { container, state: { waiting: { reason } } };
}

function ended(exitCode: number, message?: string) {
  const time = timestamp();
  const reason = exitCode === 0 ? 'Completed' : 'Error';
  return { exitCode, reason, ...(message !== undefined && { message }), startedAt: time, finishedAt: time };
}

/** In the agents' words. */
function because(earlier: Outcome): string {
  if (earlier.outcome === 'Skipped') return earlier.message;
  return `step ${earlier.number} (${earlier.step}) ended ${earlier.outcome}: ${earlier.message}`;
}

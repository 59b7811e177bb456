/** A model of one pod: agents that go by the real `turn`, and a kubelet that reports them when it likes. */
import { gateOf, orderOf, overOf } from '../../controller/annotations.ts';
import { applyPatch } from './json-patch.ts';
import { decide, type Decision, type Settings } from '../../controller/decide.ts';
import { type ContainerStatus, type ObservedPod } from '../../controller/pod.ts';
import { isFinal, type StoredTask } from '../../controller/stored-task.ts';
import { everyStep } from '../../shared/task/finally.ts';
import { ancestorsOf, predecessorsOf } from '../../shared/task/graph.ts';
import { turn } from '../../shared/turn/order.ts';
import { next, type Outcome } from '../../shared/turn/outcome.ts';
import { cancelled, over, podWith, running, silent, skipped, START } from './builders.ts';

/** How the command of a step will end: with an outcome, or without a word because its agent is killed as well. */
export type Fate = 'succeeds' | 'fails' | 'continues' | 'dies' | 'dies, but may';

type Posted = Pick<Outcome, 'outcome'>;

interface Container {
  name: string;
  fate: Fate;
  /** Whether it is one of `finally`. */
  always: boolean;
  /** The numbers of those that must be over before it begins. */
  after: readonly number[];
  /** When it began and when it was over, in the order of events. */
  began?: number;
  ended?: number;
  state: 'absent' | 'up' | 'running' | 'over';
  /** What its agent left for the next one. */
  posted: Outcome['outcome'] | undefined;
  /** How the API server shows it once it is over. */
  end: ContainerStatus | undefined;
}

export class World {
  task: StoredTask;
  pod: ObservedPod | undefined;
  now = START;
  readonly containers: Container[];
  #events = 0;
  /** What must never be. */
  readonly faults: string[] = [];
  readonly #settings: Settings = { agentImage: 'taskflow/agent:1', patience: 60_000 };

  constructor(task: StoredTask, fates: readonly Fate[]) {
    this.task = task;
    const steps = everyStep(task.spec);
    const graph = predecessorsOf(task.spec);
    this.containers = fates.map((fate, index) => ({
      name: steps[index]?.name ?? '',
      fate,
      always: index >= task.spec.steps.length,
      after: graph[index] ?? [],
      state: 'absent',
      posted: undefined,
      end: undefined,
    }));
  }

  /** The kubelet starts a container. */
  start(index: number): void {
    const container = this.containers[index];
    if (this.pod !== undefined && container?.state === 'absent') container.state = 'up';
  }

  /** An agent looks, or its command ends. */
  step(index: number): void {
    const container = this.containers[index];
    if (container === undefined || this.pod === undefined) return;
    const { name } = container;
    if (container.state === 'running') {
      if (orderOf(this.pod) === -1 && !container.always)
        this.#end(container, 'Cancelled', cancelled(name, true));
      else this.#fulfil(container);
    } else if (container.state === 'up') {
      const told = overOf(this.pod).steps;
      const predecessors = container.after.map((number): Posted | undefined => {
        const posted = this.containers[number - 1]?.posted;
        return posted === undefined ? told.get(number) : { outcome: posted };
      });
      const { always } = container;
      const seen = { order: orderOf(this.pod), gate: gateOf(this.pod), predecessors, always };
      const { kind } = turn<Posted>(index + 1, seen);
      if (kind === 'skip') this.#end(container, 'Skipped', skipped(name));
      if (kind === 'cancelled') this.#end(container, 'Cancelled', cancelled(name));
      if (kind === 'run') {
        container.state = 'running';
        const graph = this.containers.map(({ after }) => after);
        const mayStart = ancestorsOf(graph, index + 1)
          .flatMap((number) => this.containers[number - 1] ?? [])
          .every((each) => isOver(each) && (always || mayFollow(each)));
        if (!mayStart) this.faults.push(`step ${name} started before those in front of it were over`);
        container.began = this.#events++;
      }
    }
  }

  #fulfil(container: Container): void {
    const { name, fate } = container;
    if (fate === 'succeeds') this.#end(container, 'Succeeded', over(name));
    else if (fate === 'continues')
      this.#end(container, 'Continued', over(name, { outcome: 'Continued', exitCode: 1 }));
    else if (fate === 'fails')
      this.#end(container, 'Failed', over(name, { outcome: 'Failed', exitCode: 42, reason: 'Error' }));
    else this.#end(container, undefined, silent(name));
  }

  #end(container: Container, posted: Container['posted'], end: ContainerStatus): void {
    Object.assign(container, { state: 'over', posted, end, ended: this.#events++ });
  }

  /** The container of a step that waits for its turn is killed. */
  killWaiting(index: number): void {
    const container = this.containers[index];
    if (container?.state === 'up') this.#end(container, undefined, silent(container.name, 137, 'Error'));
  }

  /** The kubelet tells the API server about one container. */
  report(index: number): void {
    const container = this.containers[index];
    if (this.pod?.status === undefined || container === undefined) return;
    const { name, state, end } = container;
    const shown = end ?? (state === 'absent' ? undefined : running(name));
    const others = this.pod.status.containerStatuses?.filter((status) => status.name !== name) ?? [];
    this.pod = {
      ...this.pod,
      status: { ...this.pod.status, containerStatuses: [...others, ...(shown ? [shown] : [])] },
    };
  }

  /** The kubelet ends a pod that its deadline has come for, or that is evicted. */
  kill(reason: string): void {
    if (this.pod === undefined) return;
    for (const container of this.containers) {
      const { name, state } = container;
      if (state === 'absent' || state === 'up') this.#end(container, 'Cancelled', cancelled(name));
      if (state === 'running') this.#end(container, 'Cancelled', cancelled(name, true));
    }
    this.pod = { ...this.pod, status: { ...this.pod.status, phase: 'Failed', reason } };
  }

  /** The controller looks and does what was decided; then nothing is left to do but to say so, and then not even that. */
  control(): void {
    this.#carryOut(this.#decide());
    const second = this.#decide();
    if (second.actions.length > 0) this.faults.push(`done twice: ${JSON.stringify(second.actions)}`);
    this.#carryOut(second);
    const third = this.#decide();
    if (third.actions.length > 0 || third.status !== undefined)
      this.faults.push(`no end: ${JSON.stringify(third)}`);
  }

  #decide(): Decision {
    const { task, pod, now } = this;
    const prepared = { kind: 'ready', images: new Map() } as const;
    return decide({ task, pod, hadPod: pod !== undefined, prepared, now }, this.#settings);
  }

  #carryOut({ actions, status }: Decision): void {
    for (const action of actions) {
      if (action.kind === 'create') {
        if (this.task.status?.podName !== undefined) this.faults.push('a second pod');
        const { annotations } = action.pod.metadata;
        const made = podWith([], { phase: 'Pending' });
        this.pod = { ...made, metadata: { ...made.metadata, annotations } };
      } else if (action.kind === 'patch-pod' && this.pod !== undefined) {
        const before = orderOf(this.pod) ?? 0;
        this.pod = applyPatch(this.pod, action.patch);
        const after = orderOf(this.pod) ?? 0;
        if (after < before && after !== -1) this.faults.push(`the order went from ${before} to ${after}`);
        if (before === -1 && after !== -1) this.faults.push('the order was quit and came back');
        const early = this.containers.slice(0, Math.max(0, after)).find((each) => !this.#mayStart(each));
        if (after > before && early !== undefined)
          this.faults.push(`order ${after} while step ${early.name} might not start`);
      } else if (action.kind === 'delete-pod') {
        this.pod = undefined;
      }
    }
    if (status !== undefined) this.task = { ...this.task, status };
  }

  /** Whether it is over, began, or everything before it is over and went on. */
  #mayStart({ state, after, always }: Container): boolean {
    const before = after.flatMap((number) => this.containers[number - 1] ?? []);
    return (
      state === 'over' ||
      state === 'running' ||
      before.every((each) => isOver(each) && (always || mayFollow(each)))
    );
  }

  /** Everybody does what is left to do, until the Task is over or nothing changes any more. */
  settle(): void {
    for (let round = 0; round < 4 * this.containers.length + 8; round += 1) {
      for (const [index] of this.containers.entries()) {
        this.start(index);
        this.step(index);
        this.report(index);
      }
      this.now += 1000;
      this.control();
      if (isFinal(this.task)) return;
    }
  }

  /** Whether every step ended so that the next one may run. */
  get allWell(): boolean {
    return this.containers.every((each) => isOver(each) && mayFollow(each));
  }

  /** The names of the steps that run if nothing comes in between: all before them go on. */
  get mayRun(): string[] {
    const graph = this.containers.map(({ after }) => after);
    const goes = ({ fate }: Container): boolean => fate !== 'fails' && fate !== 'dies';
    return this.containers
      .filter(
        ({ always }, index) =>
          always ||
          ancestorsOf(graph, index + 1).every((number) =>
            this.containers.slice(number - 1, number).every(goes),
          ),
      )
      .map(({ name }) => name);
  }

  /** Whether a step stopped the chain by itself, rather than that it was stopped. */
  get failedItself(): boolean {
    return this.containers.some(
      ({ fate, state, posted, always }) =>
        !always &&
        state === 'over' &&
        (posted === 'Failed' || (posted === undefined && fate !== 'dies, but may')),
    );
  }
}

const isOver = ({ state }: Container): boolean => state === 'over';

function mayFollow({ posted, fate }: Container): boolean {
  return posted === undefined ? fate === 'dies, but may' : next({ outcome: posted }) === 'go';
}

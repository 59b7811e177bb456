/**
 * What Prometheus is told. Every label has few values: no name of a Task, of a namespace or an image is one.
 *
 * @see https://prometheus.io/docs/practices/naming/
 */
import { Counter, Histogram, Registry } from 'prom-client';
import type { OutcomeKind } from '../../shared/turn/outcome.ts';
import { addCounter, addGauge, addGauges } from './metrics/collected.ts';
import { addProcessMetrics } from './metrics/process.ts';

/** Where histograms are divided, in seconds: a request, a look at one Task. */
const SHORT = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** From one step to the next: milliseconds between agents, up to two seconds through the API server. */
const HAND_OFF = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];

/** A step, a Task. */
const LONG = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];

/** What is looked at when Prometheus asks. */
export interface MetricsSources {
  queue: { readonly size: number; readonly delayed: number; readonly retried: number };
  /** How many Tasks have each status, those that none has included. */
  tasks: () => Iterable<readonly [status: string, count: number]>;
  leading: () => boolean;
  /** How many objects of each resource are not kept, because there are too many. */
  leftOut: () => Iterable<readonly [resource: string, count: number]>;
}

/** One request to the API server. */
export interface ApiRequest {
  verb: string;
  /** Plural, with the subresource: `tasks/status`. */
  resource: string;
  /** The status of HTTP; `error` where there was no answer. */
  code: number | 'error';
  seconds: number;
}

/** How a look at a Task ended. */
export type ReconcileResult = 'success' | 'error';

/**
 * The metrics of one controller, in a registry of their own. All times are seconds.
 *
 * @example
 * const metrics = new Metrics({ queue, tasks: () => counts, leading: () => term?.isCurrent() ?? false, leftOut: () => [] });
 * metrics.reconciled('success', 0.012);
 * const { type, text } = await metrics.page();
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #reconcile = this.#histogram('reconcile', 'How long a look at a Task took.', SHORT, ['result']);
  readonly #requests = this.#counter('api_requests', 'Requests to the API server.', [
    'verb',
    'resource',
    'code',
  ]);
  readonly #requestTime = this.#histogram(
    'api_request',
    'How long requests to the API server took; a watch: until it began.',
    SHORT,
    ['verb', 'resource'],
  );
  readonly #steps = this.#histogram('step', 'How long steps ran.', LONG, ['outcome']);
  readonly #handOffs = this.#histogram(
    'hand_off',
    'From the end of a step to the start of the next.',
    HAND_OFF,
  );
  readonly #tasks = this.#histogram('task', 'From the making of a Task to its end.', LONG, ['status']);
  readonly #lookups = this.#counter('image_lookups', 'Lookups of what an image runs.', ['result']);
  readonly #restarts = this.#counter('watch_restarts', 'Watches that had to begin anew.', [
    'resource',
    'reason',
  ]);

  readonly #verb = bounded(10);
  readonly #resource = bounded(20);
  readonly #code = bounded(40);
  readonly #status = bounded(10);
  readonly #result = bounded(20);
  readonly #reason = bounded(20);

  constructor({ queue, tasks, leading, leftOut }: MetricsSources) {
    const registry = this.#registry;
    const gauge = (what: string, help: string, read: () => number): void =>
      addGauge(registry, { name: `taskflow_${what}`, help, read });
    gauge('queue_depth', 'Tasks that wait for a worker.', () => queue.size);
    gauge('queue_delayed', 'Tasks that wait for their time.', () => queue.delayed);
    gauge('leader', '1 while this controller leads, otherwise 0.', () => (leading() ? 1 : 0));
    addCounter(registry, {
      name: 'taskflow_queue_retries_total',
      help: 'Looks at Tasks that failed and were put off.',
      read: () => queue.retried,
    });
    addGauges(registry, {
      name: 'taskflow_tasks',
      help: 'Tasks by their status.',
      label: 'status',
      read: () => Array.from(tasks(), ([status, count]) => [this.#status(status), count] as const),
    });
    addGauges(registry, {
      name: 'taskflow_objects_left_out',
      help: 'Objects that are passed over, because there are too many.',
      label: 'resource',
      read: leftOut,
    });
    addProcessMetrics(registry);
    // A rate of failures needs the zero that it rises from.
    for (const result of ['success', 'error'] satisfies ReconcileResult[]) this.#reconcile.zero({ result });
  }

  reconciled(result: ReconcileResult, seconds: number): void {
    this.#reconcile.observe({ result }, seconds);
  }

  /** A field, as the client's `onRequest` takes it. */
  readonly requested = ({ verb, resource, code, seconds }: ApiRequest): void => {
    const labels = { verb: this.#verb(verb), resource: this.#resource(resource) };
    this.#requests.inc({ ...labels, code: this.#code(String(code)) });
    this.#requestTime.observe(labels, seconds);
  };

  stepEnded(outcome: OutcomeKind, seconds: number): void {
    this.#steps.observe({ outcome }, seconds);
  }

  handedOff(seconds: number): void {
    this.#handOffs.observe(seconds);
  }

  taskEnded(status: string, seconds: number): void {
    this.#tasks.observe({ status: this.#status(status) }, seconds);
  }

  /** @param result - `registry`, `cache`, or the name of an error */
  imageLookedUp(result: string): void {
    this.#lookups.inc({ result: this.#result(result) });
  }

  watchRestarted(resource: string, reason: string): void {
    this.#restarts.inc({ resource: this.#resource(resource), reason: this.#reason(reason) });
  }

  /** The answer to Prometheus. */
  async page(): Promise<{ type: string; text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #histogram<Label extends string = never>(
    what: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ): Histogram<Label> {
    const name = `taskflow_${what}_duration_seconds`;
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }

  #counter<Label extends string>(what: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `taskflow_${what}_total`, help, labelNames, registers: [this.#registry] });
  }
}

/**
 * Keeps the values of a label few, whatever is reported: each new one is a series that Prometheus keeps for ever.
 *
 * @param most - values; what comes after them is `other`
 */
function bounded(most: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= most) return 'other';
    known.add(value);
    return value;
  };
}

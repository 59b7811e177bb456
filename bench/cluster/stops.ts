/**
 * How soon a Task's steps hear that it is cancelled or suspended, on a cluster whose node is this machine: the steps write
 * down when they begin and that they live.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, uptime } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '../../controller/runtime/client.ts';
import { PODS, TASKS } from '../../controller/runtime/objects.ts';
import type { ObservedPod } from '../../controller/pod.ts';
import { isFinal, type StoredTask } from '../../controller/stored-task.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { IMAGE, PULL } from '../../test/e2e/cluster-images.ts';
import { waitUntil } from '../../test/support/wait-until.ts';
import { say } from '../harness/programs.ts';
import { type Row } from '../harness/row.ts';

const ROUNDS = Number(process.env['BENCH_STOP_ROUNDS'] ?? 30);
const SIZES = (process.env['BENCH_STOP_STEPS'] ?? '1,12,100').split(',').map(Number);
/** ms */
const PATIENCE = 240_000;

/** A step that runs for half a second, or for a minute; it shows a sign of life every 20 ms. */
const LIFE = 25;
const LONG_LIFE = 3_000;

interface Line {
  word: 'begin' | 'alive';
  step: number;
  /** ms since the epoch, to a hundredth of a second. */
  at: number;
}

/** @returns rows of medians, and of the worst */
export async function stops(client: ApiClient, namespace: string): Promise<Row[]> {
  const directory = await mkdtemp(join(tmpdir(), 'taskflow-bench-'));
  const rows: Row[] = [];
  try {
    for (const count of SIZES) {
      say(`cancel and suspend with ${count} steps, ${ROUNDS} times`);
      const samples = new Map<string, number[]>();
      for (let round = 0; round < ROUNDS; round += 1) {
        const bench = new Stopping(client, namespace, directory);
        const measured = count === 1 ? await bench.ofOne() : await bench.ofMany(count);
        for (const [what, ms] of Object.entries(measured))
          samples.set(what, [...(samples.get(what) ?? []), ms]);
      }
      for (const [what, all] of samples) {
        const name = `${what}, ${count} ${count === 1 ? 'step' : 'steps'}`;
        rows.push({ what: name, unit: 'ms', samples: all });
        rows.push({ what: `${name}: the worst`, unit: 'ms', samples: [Math.max(...all)] });
      }
    }
  } finally {
    await rm(directory, { recursive: true });
  }
  return rows;
}

const CANCEL = 'cancel → last sign of life';
const DELETE = 'its pod deleted → last sign of life';
const CANCEL_EARLY = 'the same, as the first step begins';
const SUSPEND = 'suspend → a further step begins';
const SUSPEND_EARLY = 'suspend as the pod is made → the first step begins';

class Stopping {
  readonly #client: ApiClient;
  readonly #namespace: string;
  readonly #directory: string;

  constructor(client: ApiClient, namespace: string, directory: string) {
    this.#client = client;
    this.#namespace = namespace;
    this.#directory = directory;
  }

  async ofOne(): Promise<Record<string, number>> {
    const held = await this.#post(1, LIFE);
    await waitUntil('there is a pod', () => held.pod(), PATIENCE);
    const at = await held.change({ suspend: true });
    await held.until(({ status, completionTime }) => status === 'Paused' || completionTime !== undefined);
    const [first] = await held.lines();
    await held.remove();

    const deleted = await this.#post(1, LONG_LIFE);
    await deleted.begins(1);
    const task = await this.#post(1, LONG_LIFE);
    await task.begins(1);
    return {
      [CANCEL]: await task.ended(() => task.change({ cancel: true })),
      [DELETE]: await deleted.ended(() => deleted.removePod()),
      [SUSPEND_EARLY]: first === undefined ? 0 : Math.max(0, first.at - at),
    };
  }

  async ofMany(count: number): Promise<Record<string, number>> {
    const early = await this.#post(count, LONG_LIFE);
    await early.begins(1);
    const soon = await early.ended(() => early.change({ cancel: true }));

    const task = await this.#post(count, LIFE);
    await waitUntil('all its containers run', () => task.isUp(count), PATIENCE);
    await task.go();
    await task.begins(2);
    const suspended = await task.change({ suspend: true });
    await task.until(({ status, completionTime }) => status === 'Paused' || completionTime !== undefined);
    const begins = (await task.lines()).filter(({ word }) => word === 'begin');
    const last = begins.at(-1)?.at ?? suspended;
    await task.change({ suspend: false });
    // On a busy machine all may have begun before the node heard of it.
    if (begins.length < count) await task.begins(begins.length + 1);
    return {
      [CANCEL]: await task.ended(() => task.change({ cancel: true })),
      [CANCEL_EARLY]: soon,
      [SUSPEND]: Math.max(0, last - suspended),
    };
  }

  /** A Task whose steps live for so many times 20 ms; the first of short ones waits for `go`. */
  async #post(count: number, life: number) {
    const [client, namespace, directory] = [this.#client, this.#namespace, this.#directory];
    const name = `s-${randomUUID().slice(0, 8)}`;
    const file = join(directory, name);
    const waits = life === LIFE && count > 1;
    const script = (step: number): string =>
      [
        waits && step === 1 ? `until test -e ${file}.go; do sleep 0.05; done` : ':',
        `w() { read up _ </proc/uptime; echo "$1 ${step} $up" >>${file}; }`,
        `w begin; i=0; while [ $i -lt ${life} ]; do sleep 0.02; w alive; i=$((i+1)); done`,
      ].join('; ');
    const task = await client.create<StoredTask>(TASKS, {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'Task',
      metadata: { name, namespace },
      spec: {
        volumes: [{ name: 'lines', hostPath: { path: directory } }],
        podTemplate: { terminationGracePeriodSeconds: 1 },
        stepTemplate: {
          image: IMAGE,
          imagePullPolicy: PULL,
          volumeMounts: [{ name: 'lines', mountPath: directory }],
        },
        steps: Array.from({ length: count }, (_, index) => ({
          name: `s${index + 1}`,
          command: ['sh', '-c', script(index + 1)],
        })),
      },
    });
    const at = { namespace, name };
    const pod = { namespace, name: podNameOf({ name, uid: task.metadata.uid ?? '' }) };
    const hand = {
      go: () => writeFile(`${file}.go`, ''),
      pod: () => client.get<ObservedPod>(PODS, pod).catch(() => undefined),
      isUp: async (wanted: number): Promise<boolean> => {
        const { containerStatuses = [] } = (await hand.pod())?.status ?? {};
        return containerStatuses.filter(({ state }) => state?.running !== undefined).length === wanted;
      },
      lines: async (): Promise<Line[]> => {
        const boot = Date.now() - uptime() * 1000;
        const text = await readFile(file, 'utf8').catch(() => '');
        return text.split('\n').flatMap((line) => {
          const [word, step, up] = line.split(' ');
          return word === 'begin' || word === 'alive'
            ? [{ word, step: Number(step), at: boot + Number(up) * 1000 }]
            : [];
        });
      },
      begins: async (step: number) =>
        waitUntil(
          `step ${step} begins`,
          async () => (await hand.lines()).some((line) => line.step === step),
          PATIENCE,
        ),
      /** @returns when that was asked, ms since the epoch */
      change: async (spec: object): Promise<number> => {
        const asked = Date.now();
        await client.patch(TASKS, at, { type: 'merge', body: { spec } });
        return asked;
      },
      until: async (isSo: (status: NonNullable<StoredTask['status']>) => boolean) =>
        waitUntil(
          `Task ${name} is so`,
          async () => {
            const { status } = await client.get<StoredTask>(TASKS, at);
            return status !== undefined && isSo(status);
          },
          PATIENCE,
        ),
      removePod: async (): Promise<void> => client.delete(PODS, pod),
      /** @returns how long a step lived after this was begun, ms */
      ended: async (by: () => Promise<unknown>): Promise<number> => {
        const asked = Date.now();
        await by();
        await hand.until((status) => isFinal({ status }));
        const last = (await hand.lines()).at(-1)?.at ?? asked;
        await hand.remove();
        return Math.max(0, last - asked);
      },
      remove: async () => {
        await client.delete(TASKS, at);
        await waitUntil('its pod is gone', async () => (await hand.pod()) === undefined, PATIENCE);
      },
    };
    return hand;
  }
}

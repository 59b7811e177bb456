/**
 * Measures Tasks beside plain pods of the same containers on a real cluster, in turns: `KUBECONFIG=… npm run bench:cluster`.
 * Images are named as for `npm run test:e2e`. docs/benchmarks.md says what is measured.
 */
import { randomUUID } from 'node:crypto';
import { findAccess } from '../../controller/runtime/access.ts';
import { connect, type ApiClient } from '../../controller/runtime/client.ts';
import { TASKS, PODS, type KubeObject, type ResourceType } from '../../controller/runtime/objects.ts';
import { IMAGE, PULL, startController } from '../../test/e2e/cluster-images.ts';
import { say } from '../harness/programs.ts';
import { type Row } from '../harness/row.ts';
import { formatTable } from '../harness/table.ts';
import { resumes } from './resumes.ts';
import { stops } from './stops.ts';

const NAMESPACES: ResourceType = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 7);

interface Container {
  name: string;
  image: string;
  imagePullPolicy: 'IfNotPresent' | 'Never';
  command: string[];
}

/** What is watched of a Task or a pod. */
interface Seen extends KubeObject {
  status?: {
    phase?: string;
    status?: string;
    message?: string;
    conditions?: { type: string; status: string }[];
  };
}

/** Containers that run this, all of them. */
const containers = (count: number, command: string[]): Container[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `s${index + 1}`,
    image: IMAGE,
    imagePullPolicy: PULL,
    command,
  }));

const namespace = `taskflow-bench-${randomUUID().slice(0, 8)}`;
const client = connect(await findAccess(), { version: 'bench' });
await client.create(NAMESPACES, { metadata: { name: namespace } });
const controller = startController(namespace);
try {
  const only = ['--stops', '--resumes'].find((each) => process.argv.includes(each));
  const rows = [
    ...(only === undefined ? await measure() : []),
    ...(only === '--stops' ? [] : await resumes(client, namespace, ROUNDS)),
    ...(only === '--resumes' ? [] : await stops(client, namespace)),
  ];
  process.stdout.write(formatTable(rows));
} finally {
  controller.kill('SIGTERM');
  await controller;
  await client.delete(NAMESPACES, { name: namespace });
  client.close();
}

async function measure(): Promise<Row[]> {
  // The first of everything is slower: images are read from disk, caches are filled.
  await task(containers(1, ['true']));
  await pod(containers(1, ['true']));
  const rows: Row[] = [];
  for (const [what, count, command, budget] of [
    ['1 step of true', 1, ['true'], { of: 'ratio', atMost: 1 }],
    ['10 steps of true', 10, ['true'], { of: 'ratio', atMost: 1 }],
    // One after the other, which those of the plain pod are not.
    ['10 steps of sleep 0.3', 10, ['sleep', '0.3'], { of: 'median', atMost: 5500 }],
  ] as const) {
    say(`${what}, ${ROUNDS} times`);
    const samples: number[] = [];
    const plain: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      plain.push(await pod(containers(count, [...command])));
      samples.push(await task(containers(count, [...command])));
    }
    const than = { what: 'a plain pod, to Succeeded', samples: plain };
    rows.push({ what, unit: 'ms', samples, than, budgets: [budget] });
  }
  rows.push(...(await branches()));
  const wanted = { what: '50 Tasks of 3 steps at once', rounds: 3 };
  say(`${wanted.what}, ${wanted.rounds} times`);
  const samples: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < wanted.rounds; round += 1) {
    const three = containers(3, ['true']);
    plain.push(
      await together(50, () =>
        pod(
          three,
          containers(1, ['true']).map((each) => ({ ...each, name: 'init' })),
        ),
      ),
    );
    samples.push(await together(50, () => task(three)));
  }
  rows.push({
    what: wanted.what,
    unit: 'ms',
    samples,
    than: { what: '50 plain pods with an init container', samples: plain },
    budgets: [{ of: 'median', atMost: 28_000 }],
  });
  return rows;
}

/** Four steps of a second between two others: as branches, and in a row, beside a pod that runs all six at once. */
async function branches(): Promise<Row[]> {
  const [first, ...others] = containers(6, ['sleep', '1']);
  const last = others.pop();
  if (first === undefined || last === undefined) return [];
  const quick = { command: ['true'] };
  const row = [{ ...first, ...quick }, ...others, { ...last, ...quick }];
  const graph = row.map((each, index) => {
    if (index === 0) return each;
    return { ...each, after: index < row.length - 1 ? [first.name] : others.map(({ name }) => name) };
  });
  const samples: { graph: number[]; row: number[]; plain: number[] } = { graph: [], row: [], plain: [] };
  say(`four branches of sleep 1, ${ROUNDS} times`);
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.plain.push(await pod(row));
    samples.graph.push(await task(graph));
    samples.row.push(await task(row));
  }
  const than = { what: 'a plain pod of the six, to Succeeded', samples: samples.plain };
  return [
    // At most 1.3 s more, on a machine where such a pod takes some 3.3 s.
    {
      what: 'four branches of sleep 1 between two steps',
      unit: 'ms',
      samples: samples.graph,
      than,
      budgets: [{ of: 'ratio', atMost: 1.4 }],
    },
    { what: 'the same six steps in a row', unit: 'ms', samples: samples.row, than },
  ];
}

/** From POST until the last is there, ms. */
async function together(count: number, one: () => Promise<number>): Promise<number> {
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, one));
  return performance.now() - begun;
}

/** From POST of a Task until its condition `Complete`, ms. */
async function task(steps: Container[]): Promise<number> {
  const metadata = { name: `t-${randomUUID().slice(0, 8)}`, namespace };
  const object = {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata,
    spec: { steps },
  } as const;
  return timed(TASKS, object, ({ status }) => {
    if (status?.status === 'Failure') throw new Error(`Task ${metadata.name}: ${status.message}`);
    return (
      status?.conditions?.some(({ type, status: word }) => type === 'Complete' && word === 'True') ?? false
    );
  });
}

/** From POST of a plain pod until it is `Succeeded`, ms. */
async function pod(of: Container[], initContainers: Container[] = []): Promise<number> {
  const metadata = { name: `p-${randomUUID().slice(0, 8)}`, namespace };
  const spec = { restartPolicy: 'Never', initContainers, containers: of, terminationGracePeriodSeconds: 1 };
  return timed(PODS, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubeObject, ({ status }) => {
    if (status?.phase === 'Failed') throw new Error(`pod ${metadata.name} failed`);
    return status?.phase === 'Succeeded';
  });
}

async function timed(
  type: ResourceType,
  object: KubeObject,
  isDone: (object: Seen) => boolean,
): Promise<number> {
  const api: ApiClient = client;
  const begun = performance.now();
  const { metadata } = await api.create(type, object);
  const fieldSelector = `metadata.name=${metadata.name}`;
  const stop = new AbortController();
  const query = {
    namespace,
    fieldSelector,
    resourceVersion: metadata.resourceVersion ?? '',
    timeoutSeconds: 120,
  };
  for await (const event of api.watch<Seen>(type, query, { signal: stop.signal })) {
    if (event.type === 'BOOKMARK' || !isDone(event.object)) continue;
    const took = performance.now() - begun;
    await api.delete(type, { namespace, name: metadata.name }, { gracePeriodSeconds: 0 });
    return took;
  }
  throw new Error(`${type.kind} ${metadata.name} was not done in time`);
}

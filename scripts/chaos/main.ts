/**
 * Random Tasks on a real cluster, and what a person or bad luck may do to each at any moment; then whether all that was
 * told of them is true. docs/controller.md says what is judged.
 *
 *     KUBECONFIG=… npm run chaos -- --seed 7 --tasks 100
 *
 * The node has to be this machine: the steps write into a directory of it, and agents are killed on it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findAccess } from '../../controller/runtime/access.ts';
import { connect } from '../../controller/runtime/client.ts';
import type { ResourceType } from '../../controller/runtime/objects.ts';
import { AGENT_IMAGE, IMAGE, PULL } from '../../test/e2e/cluster-images.ts';
import { randomOf } from '../../test/controller/chaos/random.ts';
import { bundle, ENTRY, writeFiles } from '../build-controller/bundle.ts';
import { campaign } from './campaign.ts';
import { LEASE_FLAGS, torment } from './controllers.ts';
import { described } from './described.ts';
import { ON_A_CLUSTER, planOf } from './plan.ts';

const NAMESPACES: ResourceType = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace' };
/** ms */
const LIMIT = 180_000;
const SETTLE = 4_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 1e9)) },
    tasks: { type: 'string', default: '100' },
    /** Numbers of Tasks, to see some again. */
    only: { type: 'string' },
    'at-once': { type: 'string', default: '6' },
    /** A shell command that takes the API server away and brings it back. */
    'trouble-server': { type: 'string' },
  },
});
const seed = Number(values.seed);
const numbers =
  values.only?.split(',').map(Number) ??
  Array.from({ length: Number(values.tasks) }, (_, index) => index + 1);

const namespace = `taskflow-chaos-${seed}-${process.pid}`;
const directory = await mkdtemp(join(tmpdir(), 'taskflow-chaos-'));
await writeFiles(join(directory, 'controller'), await bundle(join(import.meta.dirname, '../..')));
const client = connect(await findAccess(), { version: 'chaos' });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`seed ${seed}, ${numbers.length} Tasks, namespace ${namespace}`);

await client.create(NAMESPACES, { metadata: { name: namespace } });
const stop = new AbortController();
const tormenting = torment({ start }, randomOf(seed), {
  signal: stop.signal,
  troubleServer: values['trouble-server'],
});
const words = new Map<string, number>();
let acts = 0;
let over = 0;
const bad = await campaign(
  numbers.map((number) => planOf(randomOf(seed * 100_003 + number), `chaos-${number}`, ON_A_CLUSTER)),
  {
    client,
    namespace,
    place: { image: IMAGE, imagePullPolicy: PULL, directory, mount: true },
    atOnce: Number(values['at-once']),
    limit: LIMIT,
    settle: SETTLE,
    onResult: (result) => {
      const { status = 'deleted', reason = '' } = result.facts.seen.at(-1)?.status ?? {};
      words.set(`${status} ${reason}`, (words.get(`${status} ${reason}`) ?? 0) + 1);
      over += 1;
      if (over % 10 === 0) process.stderr.write(`${over} Tasks are over\n`);
      acts += result.facts.done.length;
      if (result.anomalies.length > 0) say(described(result));
    },
  },
);
stop.abort();
const troubles = await tormenting;
await client.delete(NAMESPACES, { name: namespace });
client.close();

say(`${numbers.length} Tasks, ${acts} interventions, controllers ${JSON.stringify(troubles)}`);
for (const [word, count] of [...words].toSorted(([, one], [, other]) => other - one)) say(`${count} ${word}`);
say(`seed ${seed}: ${bad.length} Tasks with anomalies`);
if (bad.length > 0) {
  const file = join(directory, 'anomalies.json');
  await writeFile(
    file,
    JSON.stringify(bad, (_, value: unknown) => (value instanceof Map ? [...value] : value), 2),
  );
  say(`all that is known of them: ${file}`);
  say(
    `again: npm run chaos -- --seed ${seed} --only ${bad.map(({ plan }) => plan.name.replace(/\D+/, '')).join()}`,
  );
  process.exitCode = 1;
} else {
  await rm(directory, { recursive: true });
}

function start() {
  const args = ['--namespace', namespace, '--lease-namespace', namespace, '--metrics-addr', '127.0.0.1:0'];
  const agent = ['--agent-image', AGENT_IMAGE, '--agent-image-pull-policy', PULL];
  const program = join(directory, 'controller', ENTRY);
  const child = spawn(process.execPath, [program, ...args, ...agent, ...LEASE_FLAGS], { stdio: 'ignore' });
  return { kill: (signal: NodeJS.Signals) => child.kill(signal), ended: once(child, 'exit') };
}

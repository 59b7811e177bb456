/** The controller as its Deployment has it, in 256 MiB, with Tasks that are made to be expensive beside honest ones. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SECRETS, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { bundle, ENTRY, writeFiles } from '../../scripts/build-controller/bundle.ts';
import { Blobs, OCI } from '../support/images.ts';
import { playPods } from '../support/kubelet/vitest.ts';
import { memoryCgroup } from '../support/memory-cgroup.ts';
import { scratch } from '../support/scratch.ts';
import { listen } from '../support/servers.ts';
import { waitUntil } from '../support/wait-until.ts';
import { NAMESPACE, worldWith } from './harness.ts';

const ROOT = join(import.meta.dirname, '../..');
const MiB = 1024 * 1024;
/** As deploy/controller has it. */
const LIMIT = 256 * MiB;
const HOSTILE = ['hostile-1', 'hostile-2'];
/** ms */
const LONG = 150_000;

const many = <Item>(count: number, item: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => item(at));
const step = (name: string, more: object = {}) => ({ name, image: 'busybox', command: ['true'], ...more });

/** A registry whose images say much, or say nothing ever, below `large/` and `silent/`; below `honest/` are good ones. */
async function registry() {
  const large = new Blobs();
  const index = large.index(
    many(128, (at) => ({ platform: `linux/arch${at}`, entrypoint: ['x'.repeat(900)] })),
  );
  const honest = new Blobs();
  const image = honest.image({ platform: 'linux/amd64', entrypoint: ['/run'] });
  const { host } = await listen((request, response) => {
    const [, repository = '', kind = '', wanted = ''] =
      /^\/v2\/(.*)\/(manifests|blobs)\/(.*)$/.exec(request.url ?? '') ?? [];
    if (repository.startsWith('silent/')) return;
    const isLarge = repository.startsWith('large/');
    const top = isLarge ? index : image;
    const isTag = !wanted.startsWith('sha256:');
    const body = (isLarge ? large : honest).content.get(isTag ? top.digest : wanted);
    if (body === undefined) return void response.writeHead(404).end();
    if (kind === 'manifests') response.setHeader('content-type', isTag ? top.mediaType : OCI.manifest);
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  return host;
}

/** What each hostile namespace has. */
function hostileTasks(host: string): object[] {
  const env = many(100, (at) => ({ name: `E${at}`, value: 'x'.repeat(1_000) }));
  const images = (kind: string, of: number) =>
    many(64, (at) => ({ name: `s${at}`, image: `${host}/${kind}/${of}-${at}` }));
  return [
    // A small Task that is a large pod.
    ...many(5, () => ({ stepTemplate: { env }, steps: many(128, (at) => step(`s${at}`)) })),
    ...many(4, (of) => ({
      steps: images('large', of),
      podTemplate: { imagePullSecrets: [{ name: 'stars' }] },
    })),
    ...many(4, (of) => ({ steps: images('silent', of) })),
    ...many(40, () => ({ steps: [step('a', { image: `${host}/silent/a`, command: undefined })] })),
  ];
}

it(
  'what some make expensive costs the others nothing, and the controller neither its memory nor its life',
  { timeout: 2 * LONG },
  async (test) => {
    const group = await memoryCgroup(LIMIT);
    if ('missing' in group) return test.skip(group.missing);
    const world = await worldWith({ namespaces: [NAMESPACE, ...HOSTILE] });
    playPods(world.server);
    const host = await registry();

    const stars = Object.fromEntries(
      many(400, (at) => [`${'*a'.repeat(24)}*b${at}.example`, { auth: 'dTpw' }]),
    );
    const data = { '.dockercfg': Buffer.from(JSON.stringify(stars)).toString('base64') };
    for (const namespace of HOSTILE) {
      const secret = { metadata: { name: 'stars', namespace }, type: 'kubernetes.io/dockercfg', data };
      await world.client.create<KubeObject & typeof secret>(SECRETS, secret);
      for (const [at, spec] of hostileTasks(host).entries()) {
        const task = {
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'Task',
          metadata: { name: `h${at}`, namespace },
          spec,
        };
        await world.client.create(TASKS, task as StoredTask);
      }
    }

    const directory = await scratch();
    await writeFiles(directory, await bundle(ROOT));
    const flags = ['--kubeconfig', world.kubeconfig, '--metrics-addr', '127.0.0.1:0', '--leader-elect=false'];
    const command = ['--max-semi-space-size=1', '--expose-gc', join(directory, ENTRY), ...flags];
    const script = `echo $$ >'${group.procs}'; exec "$@"`;
    const own = ['--insecure-registry', host, '--log-level', 'error'];
    const controller = spawn('sh', ['-c', script, 'sh', process.execPath, ...command, ...own], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise<void>((resolve) => controller.once('exit', () => resolve()));
    onTestFinished(async () => {
      controller.kill('SIGKILL');
      await ended;
    });

    const honest = [
      ...many(3, () => ({ steps: [step('a'), step('b')] })),
      ...many(3, (at) => ({ steps: [step('a', { image: `${host}/honest/${at}`, command: undefined })] })),
    ];
    const tasks = await Promise.all(honest.map(async (spec) => world.apply(spec as StoredTask['spec'])));
    for (const task of tasks) {
      await waitUntil(
        `honest Task ${task.metadata.name} has ended`,
        async () => (await world.task(task)).status?.status === 'Successful',
        LONG,
      );
    }
    for (const namespace of HOSTILE) {
      const refused = await waitUntil(
        'what is too large is said to be so',
        async () => {
          const { items } = await world.client.list<StoredTask>(TASKS, { namespace });
          const said = items.filter(({ status }) => status?.reason === 'PodTooLarge');
          return said.length >= 5 ? said : undefined;
        },
        LONG,
      );
      expect(refused.length).toBeGreaterThanOrEqual(5);
    }
    // It is the same process: it was neither killed nor has it ended.
    expect([controller.exitCode, controller.signalCode]).toEqual([null, null]);
    const memory = await readFile(`/proc/${controller.pid}/status`, 'utf8');
    const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(memory)?.[1]) / 1024;
    expect(peak).toBeLessThan(LIMIT / MiB);
    if (process.env['DEBUG']) process.stderr.write(`peak ${peak} MiB\n`);
  },
);

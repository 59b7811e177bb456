/** What a controller is measured in: an API server in memory, a kubelet that plays the pods, and it as a process. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { parse } from 'yaml';
import { PODS, TASKS } from '../../controller/runtime/objects.ts';
import { type StoredTask } from '../../controller/stored-task.ts';
import { bundle, ENTRY, writeFiles } from '../../scripts/build-controller/bundle.ts';
import { startApiServer, type ApiServer } from '../../test/support/api-server/index.ts';
import { resourceKey } from '../../test/support/api-server/resource.ts';
import { type Version } from '../../test/support/api-server/store.ts';
import { Talk } from '../../test/support/api-server/talk.ts';
import { scriptedKubelet, type Kubelet } from '../../test/support/kubelet/index.ts';
import { podNameOf } from '../../shared/pod/pod.ts';
import { type Place } from '../harness/place.ts';
import { now, until } from '../harness/time.ts';

export const NAMESPACE = 'bench';
const ROOT = join(import.meta.dirname, '../..');
/** As its image has it. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--expose-gc'];
/** ms: on a busy machine, the lists of ten thousand Tasks and their pods. */
const LONG = 120_000;
const STEPS = ['e', 'd', 'c', 'b', 'a'];

export interface BenchWorld {
  server: ApiServer;
  kubeconfig: string;
  kubelet: Kubelet;
  /** Creates Tasks of five steps. */
  create: (count: number) => Promise<void>;
  /** Fills the table up with copies of the Tasks that are over, and of their pods, until there are so many. */
  copyUpTo: (count: number) => void;
  /** How many Tasks are over. */
  over: () => number;
  close: () => Promise<void>;
}

/** @param duration - ms that each step takes */
export async function openWorld(place: Place, duration: number): Promise<BenchWorld> {
  const server = await startApiServer({ namespaces: [NAMESPACE] });
  const kubeconfig = join(place.directory, `kubeconfig-${server.port}`);
  await server.kubeconfig(kubeconfig);
  const talk = new Talk(server);
  for (const plural of ['tasks', 'resumes']) {
    const file = join(ROOT, `deploy/crd/${plural}.api.practice.com.yaml`);
    const body = parse(await readFile(file, 'utf8')) as object;
    await talk.object('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body });
  }
  const steps = Object.fromEntries(STEPS.map((name) => [name, { duration }]));
  const kubelet = scriptedKubelet(server, { script: () => ({ steps }) });
  const finished = new Set<string>();
  server.store.listeners.add((resource, { now: { object } }) => {
    if (resource === resourceKey(TASKS) && object.status?.['completionTime'] !== undefined)
      finished.add(object.metadata.uid);
  });
  let made = 0;
  return {
    server,
    kubeconfig,
    kubelet,
    create: async (count) => {
      const names = Array.from({ length: count }, () => `task-${made++}`);
      const path = `/apis/api.practice.com/v1alpha1/namespaces/${NAMESPACE}/tasks`;
      await Promise.all(names.map((name) => talk.object('POST', path, { body: taskOf(name) })));
    },
    copyUpTo: (count) => {
      const tasks = server.store.shelf(resourceKey(TASKS)).values(NAMESPACE);
      for (let copy = tasks.length; copy < count; copy++) copyTask(server, tasks[copy % tasks.length], copy);
    },
    over: () => finished.size,
    close: async () => {
      await kubelet.stop();
      await talk.close();
      await server.stop();
    },
  };
}

/** A Task with another name and uid, and its pod, which belongs to it as the first one's does. */
function copyTask({ store }: ApiServer, task: Version | undefined, copy: number): void {
  if (task === undefined) throw new Error('there is no Task to copy');
  const { metadata } = task.object;
  const made = { ...metadata, name: `copy-${copy}`, uid: randomUUID() };
  const old = store.shelf(resourceKey(PODS)).get(NAMESPACE, podNameOf(metadata))?.object;
  if (old === undefined) throw new Error(`Task ${metadata.name} has no pod`);
  const ownerReferences = (old.metadata.ownerReferences ?? []).map((owner) => ({
    ...owner,
    name: made.name,
    uid: made.uid,
  }));
  const pod = { ...old.metadata, name: podNameOf(made), uid: randomUUID(), ownerReferences };
  store.commit(resourceKey(TASKS), 'ADDED', { ...task.object, metadata: made }, undefined);
  store.commit(resourceKey(PODS), 'ADDED', { ...old, metadata: pod }, undefined);
}

function taskOf(name: string): StoredTask {
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name, namespace: NAMESPACE },
    spec: { steps: STEPS.map((step) => ({ name: step, image: 'busybox', command: ['true'] })) },
  };
}

/** The controller as its image has it: one bundle. Returns what Node is to run. */
export async function bundled(place: Place): Promise<string> {
  const directory = join(place.directory, 'controller');
  await writeFiles(directory, await bundle(ROOT));
  return join(directory, ENTRY);
}

export interface RunningController {
  pid: number;
  /** ms of `now()` at its start. */
  started: number;
  /** Where it serves its metrics. */
  url: string;
  /** Waits until it leads. */
  leads: () => Promise<void>;
  ready: () => Promise<number>;
  stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/** Starts one, and waits until it listens. */
export async function startController(
  program: string,
  { kubeconfig }: BenchWorld,
  flags: readonly string[] = [],
): Promise<RunningController> {
  const started = now();
  const own = ['--kubeconfig', kubeconfig, '--namespace', NAMESPACE, '--metrics-addr', '127.0.0.1:0'];
  const child = spawn(execPath, [...NODE_FLAGS, program, ...own, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const abandon = (): void => void child.kill('SIGKILL');
  process.once('exit', abandon);
  const said = new Map<string, Record<string, unknown>>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line) as Record<string, unknown>;
    said.set(String(entry['msg']), entry);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until('the controller listens', () => said.has('controller started'));
  const url = String(said.get('controller started')?.['health']);
  return {
    pid: child.pid ?? 0,
    started,
    url,
    leads: async () => until('the controller leads', () => said.has('leading'), LONG),
    ready: async () => {
      await until('the controller is ready', async () => (await fetch(`${url}/readyz`)).ok, LONG);
      return now() - started;
    },
    stop: async (signal) => {
      child.kill(signal);
      await ended;
      process.off('exit', abandon);
    },
  };
}

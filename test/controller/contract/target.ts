/**
 * What the suite runs against: the double, or, where KUBECONFIG says where there is one, a real API server with
 * kube-controller-manager behind it. No test knows which.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { listOf, type ApiObject } from '../../support/api-server/object.ts';
import { startApiServer } from '../../support/api-server/server.ts';
import { MERGE, placeOf, Talk, type Reply, type WatchedEvent } from '../../support/api-server/talk.ts';
import { waitUntil } from '../../support/wait-until.ts';

export interface Target {
  /** A namespace of the file's own. */
  namespace: string;
  talk: Talk;
  /** `/api/v1/namespaces/NAMESPACE/pods` */
  core: (plural: string) => string;
  /** `/apis/GROUP/v1/namespaces/NAMESPACE/PLURAL` */
  group: (group: string, plural: string) => string;
}

/** Prepares a target for the tests of a file; what it returns can be called in them. */
export function useTarget(): () => Target {
  let target: Target | undefined;
  let end = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const kubeconfig = process.env['KUBECONFIG'] ?? '';
    const double = kubeconfig === '' ? await startApiServer({ bookmarkInterval: 500 }) : undefined;
    const talk = new Talk(double === undefined ? await placeOf(kubeconfig) : { url: double.url });
    const made = await talk.object('POST', '/api/v1/namespaces', {
      body: { metadata: { generateName: 'contract-' } },
    });
    const namespace = made.metadata.name;
    const core = (plural: string): string => `/api/v1/namespaces/${namespace}/${plural}`;
    await waitUntil('the namespace has its service account', async () => {
      const { code } = await talk.ask('GET', `${core('serviceaccounts')}/default`);
      return code === 200;
    });
    target = {
      namespace,
      talk,
      core,
      group: (group, plural) => `/apis/${group}/v1/namespaces/${namespace}/${plural}`,
    };
    end = async () => {
      // What a test that failed has left would keep the namespace for ever.
      for (const plural of ['configmaps', 'pods']) await freeAll(talk, core(plural));
      await talk.ask('DELETE', `/api/v1/namespaces/${namespace}`);
      await talk.close();
      await double?.stop();
    };
  });
  afterAll(() => end());

  return () => {
    if (target === undefined) throw new Error('there is no target yet');
    return target;
  };
}

async function freeAll(talk: Talk, path: string): Promise<void> {
  const { items } = await talk.object('GET', path);
  for (const { metadata } of listOf(items) as ApiObject[]) {
    if (metadata.finalizers === undefined) continue;
    const body = { metadata: { finalizers: null } };
    await talk.ask('PATCH', `${path}/${metadata.name}`, { body, type: MERGE });
  }
}

/** A garbage collector looks for new kinds every 30 s only, and a namespace waits for it too. */
export const SLOW = { timeout: 150_000 };
export const COLLECTED = 120_000;

let names = 0;

/** A name that nothing else has. */
export function fresh(prefix = 'a'): string {
  return `${prefix}-${++names}-${randomBytes(3).toString('hex')}`;
}

export function configMap(name: string, more: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { k: 'v' }, ...more };
}

/** A pod that no scheduler finds a node for, or one on a node that is not there; neither has a kubelet. */
export function pod(name: string, more: object = {}, metadata: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: {
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      nodeSelector: { 'contract.taskflow.test/nowhere': 'true' },
      containers: [{ name: 'a', image: 'registry.invalid/a:1' }],
      ...more,
    },
  };
}

/** What a refusal says, as far as programs read it. */
export function refusal({ code, body }: Reply): object {
  const { reason, status, kind } = body;
  return { code, kind, status, ...(reason !== undefined && { reason }) };
}

/** Collects a watch's events in the background; `end` closes it. */
export interface Watching {
  events: WatchedEvent[];
  /** The server ended it. */
  over: boolean;
  end: () => Promise<void>;
}

export function watching(talk: Talk, path: string): Watching {
  const controller = new AbortController();
  const watch: Watching = {
    events: [],
    over: false,
    end: async () => {
      controller.abort();
      await done;
    },
  };
  const done = (async () => {
    try {
      for await (const event of talk.watch(path, controller.signal)) watch.events.push(event);
      watch.over = true;
    } catch (error) {
      if (!controller.signal.aborted) throw error;
    }
  })();
  return watch;
}

/** The types of a watch's events about one object, and its versions. */
export function seen({ events }: Watching, name: string): string[] {
  return events.filter(({ object }) => object.metadata?.name === name).map(({ type }) => type);
}

export async function patch(
  talk: Talk,
  path: string,
  body: unknown,
  type: string = MERGE,
): Promise<ApiObject> {
  return talk.object('PATCH', path, { body, type });
}

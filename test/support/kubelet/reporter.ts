/** What a kubelet writes: pods' statuses, the last one of each until it is taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiObject, type Fields, type Meta } from '../api-server/object.ts';
import { MERGE, type Asked, type Talk } from '../api-server/talk.ts';

/** ms between tries. */
const PAUSE = 50;

/** A pod as the API finds it. */
type Named = Pick<Meta, 'name' | 'namespace' | 'uid'>;

export class Reporter {
  readonly #talk: Talk;
  readonly #signal: AbortSignal;
  readonly #latest = new Map<string, Fields>();
  readonly #busy = new Map<string, Promise<void>>();

  constructor(talk: Talk, signal: AbortSignal) {
    this.#talk = talk;
    this.#signal = signal;
  }

  /** Writes a status, unless a newer one comes first. */
  report({ metadata }: ApiObject, status: Fields): void {
    this.#latest.set(metadata.uid, status);
    if (this.#busy.has(metadata.uid)) return;
    const done = this.#writeAll(metadata).finally(() => this.#busy.delete(metadata.uid));
    this.#busy.set(metadata.uid, done);
  }

  /** Puts a pod on a node, as a scheduler does. */
  async bind({ metadata }: ApiObject, node: string): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: metadata.name },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    };
    await this.#surely('POST', `${pathOf(metadata)}/binding`, { body });
    await this.#surely('POST', `/apis/events.k8s.io/v1/namespaces/${metadata.namespace}/events`, {
      body: { ...scheduled({ metadata }, node) },
    });
  }

  /** The pod is over, and so gone, once what was to be written of it is. */
  async remove({ metadata }: ApiObject): Promise<void> {
    await this.#busy.get(metadata.uid);
    const body = { gracePeriodSeconds: 0, preconditions: { uid: metadata.uid } };
    await this.#surely('DELETE', pathOf(metadata), { body });
  }

  async #writeAll(metadata: Named): Promise<void> {
    for (;;) {
      const status = this.#latest.get(metadata.uid);
      if (status === undefined || this.#signal.aborted) return;
      this.#latest.delete(metadata.uid);
      // By uid, so that a later pod of the same name is not meant.
      const body = { metadata: { uid: metadata.uid }, status };
      await this.#surely('PATCH', `${pathOf(metadata)}/status`, { body, type: MERGE });
    }
  }

  /** Asks until there is an answer; what the server refuses stays undone. */
  async #surely(method: string, path: string, asked: Asked): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        const { code } = await this.#talk.ask(method, path, { ...asked, signal: this.#signal });
        if (code < 500 && code !== 429) return;
      } catch {
        // Nobody is there: try again.
      }
      await sleep(PAUSE, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}

function pathOf({ namespace, name }: Named): string {
  return `/api/v1/namespaces/${namespace}/pods/${name}`;
}

/** What a scheduler tells of a pod that it has put on a node. */
export function scheduled({ metadata }: { metadata: Partial<Named> }, node = 'test-node') {
  const { name = '', namespace = '', uid = '' } = metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${uid}`, namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    type: 'Normal',
    reason: 'Scheduled',
    action: 'Binding',
    note: `Successfully assigned ${namespace}/${name} to ${node}`,
    reportingController: 'default-scheduler',
    reportingInstance: 'default-scheduler-test',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
  };
}

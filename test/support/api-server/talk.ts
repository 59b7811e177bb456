/** Plain requests to any API server: what tests say themselves, and what the players of the kubelet speak. */
import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { fieldsOf, listOf, textOf, type ApiObject, type Fields } from './object.ts';

export interface Place {
  url: string;
  token?: string;
  /** PEM. */
  tls?: { ca?: string; cert?: string; key?: string };
}

export interface Reply {
  code: number;
  headers: Readonly<Record<string, unknown>>;
  /** The JSON object that came; empty when it was none. */
  body: Fields;
}

export interface WatchedEvent {
  type: string;
  object: ApiObject;
}

export interface Asked {
  body?: unknown;
  /** Default: `application/json`. */
  type?: string;
  signal?: AbortSignal;
}

export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';

/** One API server, asked without retries and without opinions. */
export class Talk {
  readonly place: Place;
  readonly #agent: Agent;

  constructor(place: Place) {
    this.place = place;
    const { ca, cert, key } = place.tls ?? {};
    this.#agent = new Agent({
      connections: 64,
      // Watches are silent for as long as they like.
      bodyTimeout: 0,
      connect: { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key: key ?? '' }) },
    });
  }

  async ask(method: string, path: string, { body, type, signal }: Asked = {}): Promise<Reply> {
    const answer = await this.#request(method, path, {
      body,
      ...(type && { type }),
      ...(signal && { signal }),
    });
    const text = await answer.body.text();
    return { code: answer.statusCode, headers: answer.headers, body: parsed(text) };
  }

  /** The object that a request gave. @throws {Error} when the server did not do it. */
  async object(method: string, path: string, asked: Asked = {}): Promise<ApiObject> {
    const { code, body } = await this.ask(method, path, asked);
    if (code >= 300) throw new Error(`${method} ${path}: ${code} ${JSON.stringify(body)}`);
    return body as ApiObject;
  }

  /** What is no JSON. */
  async text(path: string): Promise<string> {
    const { body } = await this.#request('GET', path, {});
    return body.text();
  }

  /** The events of a watch, until the server or the signal ends it. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchedEvent> {
    const { body } = await this.#request('GET', path, { signal });
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line) as WatchedEvent;
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #request(method: string, path: string, { body, type = 'application/json', signal }: Asked) {
    const { url, token } = this.place;
    return request(`${url}${path}`, {
      method: method as 'GET',
      dispatcher: this.#agent,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': type }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  }
}

function parsed(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Where the current context of a kubeconfig leads; what it says must be in the file itself. */
export async function placeOf(kubeconfig: string): Promise<Place> {
  const config = fieldsOf(parse(await readFile(kubeconfig, 'utf8')));
  const find = (list: string, name: unknown, key: string): Fields =>
    fieldsOf(listOf(config[list]).find((each) => each['name'] === name)?.[key]);
  const context = find('contexts', config['current-context'], 'context');
  const cluster = find('clusters', context['cluster'], 'cluster');
  const user = find('users', context['user'], 'user');
  const pem = (value: unknown): string => Buffer.from(textOf(value), 'base64').toString();
  const ca = cluster['certificate-authority-data'];
  const cert = user['client-certificate-data'];
  const { token } = user;
  return {
    url: textOf(cluster['server']).replace(/\/$/, ''),
    ...(typeof token === 'string' && { token }),
    tls: {
      ...(ca !== undefined && { ca: pem(ca) }),
      ...(cert !== undefined && { cert: pem(cert), key: pem(user['client-key-data']) }),
    },
  };
}

/** Clients of scripted API servers. */
import { onTestFinished } from 'vitest';
import { connect, type ClientSettings, type HttpClient } from '../../controller/runtime/client.ts';
import { type Access } from '../../controller/runtime/credentials.ts';
import { startScriptedApi, type ScriptedApi } from './scripted-api.ts';

/** A server without TLS, as the user whose token is `secret`. */
function accessTo(url: string): Access {
  const credentials = { authorization: 'Bearer secret', tls: {} };
  return {
    server: new URL(url),
    source: 'the test',
    namespace: 'default',
    credentials: () => Promise.resolve(credentials),
    refused: () => undefined,
  };
}

/** A client that is closed when the test is over. */
export function clientOf(access: Access | string, settings: Partial<ClientSettings> = {}): HttpClient {
  const client = connect(typeof access === 'string' ? accessTo(access) : access, {
    version: '1.2.3',
    ...settings,
  });
  onTestFinished(() => client.close());
  return client;
}

export async function startWithClient(
  settings?: Partial<ClientSettings>,
): Promise<{ api: ScriptedApi; client: HttpClient }> {
  const api = await startScriptedApi();
  return { api, client: clientOf(api.url, settings) };
}

/** What a promise was rejected with; `undefined` when it was not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** All that an iteration gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

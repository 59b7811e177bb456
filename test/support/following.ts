/** Caches that follow a scripted API server. */
import { onTestFinished } from 'vitest';
import { Cache, type CacheSettings } from '../../controller/runtime/cache.ts';
import { type Log } from '../../controller/runtime/log.ts';
import { type ClientSettings } from '../../controller/runtime/client.ts';
import { TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import { clientOf } from './api-clients.ts';
import { startScriptedApi, type Call, type ScriptedApi } from './scripted-api.ts';

export interface Line {
  level: keyof Log;
  message: string;
  fields: Record<string, unknown>;
}

export interface Following {
  api: ScriptedApi;
  cache: Cache<KubeObject>;
  /** `set a@5` */
  told: string[];
  /** Lines of the log, without those of debug. */
  lines: Line[];
  stop: AbortController;
  running: Promise<void>;
}

export async function follow({
  api,
  client = {},
  ...settings
}: Partial<Omit<CacheSettings<KubeObject>, 'client'>> & {
  api?: ScriptedApi;
  client?: Partial<ClientSettings>;
} = {}): Promise<Following> {
  const server = api ?? (await startScriptedApi());
  const [told, lines]: [string[], Line[]] = [[], []];
  const write =
    (level: keyof Log) =>
    (fields: object, message: string): void =>
      void lines.push({ level, message, fields: { ...fields } });
  const cache = new Cache<KubeObject>({
    client: clientOf(server.url, client),
    type: TASKS,
    onChange: ({ metadata }, change) => told.push(`${change} ${metadata.name}@${metadata.resourceVersion}`),
    log: { debug: () => undefined, info: write('info'), warn: write('warn'), error: write('error') },
    backoff: { first: 1, most: 20 },
    ...settings,
  });
  const stop = new AbortController();
  const running = cache.run(stop.signal);
  onTestFinished(async () => {
    stop.abort(new Error('the test is over'));
    await running;
  });
  return { api: server, cache, told, lines, stop, running };
}

/** A cache that has listed these, at version 10, and its watch. */
export async function followSynced(...objects: KubeObject[]): Promise<Following & { watch: Call }> {
  const following = await follow();
  (await following.api.next()).page('10', objects);
  await following.cache.synced;
  const watch = await following.api.nextWatch('10');
  following.told.length = 0;
  return { ...following, watch };
}

export function names(cache: Cache<KubeObject>): string[] {
  return [...cache.values()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).toSorted();
}

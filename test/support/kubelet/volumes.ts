/** A pod's volumes, as directories. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf, listOf, textOf, type ApiObject, type Fields } from '../api-server/object.ts';
import { type Talk } from '../api-server/talk.ts';
import { DownwardVolume } from '../downward.ts';

const MODE = 0o644;
const TRIES = 100;
/** ms between them. */
const PAUSE = 100;

/** A ConfigMap or Secret that a volume needs, and that is not there (yet). */
export class MissingError extends Error {
  override name = 'MissingError';
}

export class Volumes {
  readonly #root: string;
  readonly #directories = new Map<string, string>();
  readonly #downward: { volume: DownwardVolume; items: Fields[] }[] = [];
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  constructor(root: string) {
    this.#root = root;
  }

  directory(volume: string): string | undefined {
    return this.#directories.get(volume);
  }

  /** @throws {MissingError} */
  async prepare(pod: ApiObject, talk: Talk): Promise<void> {
    for (const volume of listOf(pod.spec?.['volumes'])) {
      const name = textOf(volume['name']);
      const directory = join(this.#root, name);
      await mkdir(directory, { recursive: true });
      this.#directories.set(name, directory);
      const { configMap, secret, downwardAPI } = volume;
      const at = `/api/v1/namespaces/${pod.metadata.namespace}`;
      if (configMap !== undefined) {
        const source = fieldsOf(configMap);
        const { data } = await fetched(talk, `${at}/configmaps/${textOf(source['name'])}`);
        await fill(directory, source, entriesOf(data, 'utf8'));
      } else if (secret !== undefined) {
        const source = fieldsOf(secret);
        const { data } = await fetched(talk, `${at}/secrets/${textOf(source['secretName'])}`);
        await fill(directory, source, entriesOf(data, 'base64'));
      } else if (downwardAPI !== undefined) {
        const items = listOf(fieldsOf(downwardAPI)['items']);
        this.#downward.push({ volume: new DownwardVolume(directory), items });
      }
    }
    await this.refresh(pod);
  }

  /** Writes the downward volumes anew if what they say has changed. */
  refresh(pod: ApiObject): Promise<void> {
    const texts = this.#downward.map(({ items }) =>
      Object.fromEntries(items.map((item) => [textOf(item['path']), downward(pod, item)])),
    );
    const said = JSON.stringify(texts);
    if (said === this.#written) return this.#writing;
    this.#written = said;
    // One after the other: a swap is several calls.
    this.#writing = this.#writing.then(async () => {
      for (const [index, { volume }] of this.#downward.entries()) await volume.write(texts[index] ?? {});
    });
    return this.#writing;
  }

  /** When nothing is being written any more, whatever became of it. */
  async written(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }
}

async function fetched(talk: Talk, path: string): Promise<Fields> {
  const { code, body } = await patiently(() => talk.ask('GET', path));
  if (code !== 200) throw new MissingError(`${path}: ${code}`);
  return body;
}

/** A server that is not there for a while is asked again. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let left = TRIES; left > 1; left--) {
    try {
      return await ask();
    } catch {
      await sleep(PAUSE);
    }
  }
  return ask();
}

function entriesOf(data: unknown, encoding: 'utf8' | 'base64'): [string, Buffer][] {
  return Object.entries(fieldsOf(data)).map(([key, text]) => [key, Buffer.from(textOf(text), encoding)]);
}

async function fill(directory: string, source: Fields, files: readonly [string, Buffer][]): Promise<void> {
  const mode = typeof source['defaultMode'] === 'number' ? source['defaultMode'] : MODE;
  const items = listOf(source['items']);
  for (const [key, content] of files) {
    const item = items.find((each) => each['key'] === key);
    if (items.length > 0 && item === undefined) continue;
    const file = join(directory, textOf(item?.['path'] ?? key));
    await writeFile(file, content);
    await chmod(file, typeof item?.['mode'] === 'number' ? item['mode'] : mode);
  }
}

/** `metadata.annotations['x']` and the like; empty where there is none. */
function downward({ metadata }: ApiObject, item: Fields): string {
  const path = textOf(fieldsOf(item['fieldRef'])['fieldPath']);
  const keyed = /^metadata\.(annotations|labels)\['(.+)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as 'annotations' | 'labels']?.[keyed[2] ?? ''] ?? '';
  return textOf(metadata[path.replace(/^metadata\./, '')]);
}

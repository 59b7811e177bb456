import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseTasks } from '../../shared/manifest/index.ts';
import { DEPLOY, deployFiles } from './files.ts';

const samples = (await deployFiles()).filter((file) => file.startsWith('samples/'));

describe('the samples', () => {
  it.each(samples)('%s is a valid Task of its own name', async (file) => {
    const [task, ...more] = parseTasks(await readFile(join(DEPLOY, file), 'utf8'), file);
    expect(more).toEqual([]);
    expect(`samples/${task?.metadata.name}.yaml`).toBe(file);
  });

  it('show what there is', async () => {
    const all = (await Promise.all(samples.map((file) => readFile(join(DEPLOY, file), 'utf8')))).join('');
    for (const field of [
      ...['handOff', 'timeout', 'retries', 'onError', 'script', 'sidecars', 'podTemplate', 'stepTemplate'],
      ...['volumes', 'ttlSecondsAfterFinished'],
    ]) {
      expect(all).toContain(`${field}:`);
    }
  });
});

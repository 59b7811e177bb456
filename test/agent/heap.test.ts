import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { scratch } from '../support/scratch.ts';
import { lacking } from './builds.ts';

const COMPILER = 'gcc';
const SANITIZERS = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const SOURCES = ['fixtures/heap.c', '../../agent/platform/linux/heap.c'];

describe('the heap of the static agent', () => {
  it('keeps every byte that the heap of the C library keeps, whatever is done with its blocks', async (test) => {
    const program = join(await scratch(), 'heap');
    const sources = SOURCES.map((path) => join(import.meta.dirname, path));
    const compiled = await execa(COMPILER, [...SANITIZERS, ...sources, '-o', program], { reject: false });
    lacking(test, compiled.code === 'ENOENT' ? `${COMPILER} is missing` : undefined);
    expect(compiled.stderr).toBe('');
    // Another seed each time: what is found is said with it.
    const seed = String(Date.now());
    const { stdout } = await execa(program, [seed, '30000'], { reject: false });
    expect({ seed, stdout }).toEqual({ seed, stdout: 'the same' });
  });
});

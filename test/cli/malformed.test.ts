import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { manifest, sh, taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

/** Enough for the program and one reasonable manifest, far too little for what an attack would take. */
const MEMORY = { NODE_OPTIONS: '--max-old-space-size=192' };

const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
for (const letter of 'bcdefghi') {
  const before = String.fromCharCode(letter.charCodeAt(0) - 1);
  bomb.push(`${letter}: &${letter} [${Array.from({ length: 10 }, () => `*${before}`).join(', ')}]`);
}

describe('a manifest that is wrong', () => {
  it.each<[string, string | Buffer, RegExp]>([
    ['an empty file', '', /no Task found/],
    ['no steps', manifest([]), /spec\.steps: .*at least one/],
    [
      'two steps of one name',
      manifest([sh('a', 'true'), sh('a', 'true')]),
      /:\d+:\d+: spec\.steps\[1\]\.name: .*"a"/,
    ],
    [
      'a name that is no DNS label',
      manifest([sh('Build_1', 'true')]),
      /:\d+:\d+: spec\.steps\[0\]\.name: .*"Build_1"/,
    ],
    [
      'a wrong type deep inside',
      manifest([{ ...sh('a', 'true'), env: [{ name: 'X', value: 5 as unknown as string }] }]),
      /:\d+:\d+: spec\.steps\[0\]\.env\[0\]\.value: .*expected a string/,
    ],
    [
      'a misspelt field',
      manifest([{ name: 'a', comand: ['true'] } as never]),
      /:\d+:\d+: spec\.steps\[0\]\.comand: unknown field; did you mean "command"\?/,
    ],
    ['5,000 steps', manifest(Array.from({ length: 5000 }, (_, i) => sh(`s${i}`, 'true'))), /steps/],
    ['a 20 MB file', manifest([sh('a', `echo ${'x'.repeat(20_000_000)}`)]), /1 MiB/],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('kind: Ta'), Buffer.from([0xff]), Buffer.from('sk\n')]),
      /UTF-8/,
    ],
    ['anchors that explode', bomb.join('\n'), /alias|anchor/],
    ['a megabyte of brackets', '['.repeat(1_000_000), /nest|deep/],
  ])('gets clear errors and exit code 2, and nothing runs: %s', async (_, text, message) => {
    const file = join(await scratch(), 'task.yaml');
    await writeFile(file, text);
    const { exitCode, stdout, stderr } = await taskflow(['run', file], { env: MEMORY });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toContain(file);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(21);
  });

  it('is judged whole: every problem of every file at once', async () => {
    const directory = await scratch();
    const [one, two] = [join(directory, 'one.yaml'), join(directory, 'two.yaml')];
    await writeFile(one, manifest([{ name: 'A' }, { name: 'b', imagee: 'x' } as never]));
    await writeFile(two, 'kind: Job\n');
    const { exitCode, stderr } = await taskflow(['run', one, two, join(directory, 'three.yaml')]);
    expect(exitCode).toBe(2);
    for (const part of ['spec.steps[0].name', 'spec.steps[1].imagee', 'two.yaml', 'three.yaml']) {
      expect(stderr).toContain(part);
    }
  });
});

import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { MAX_STEPS } from '../../../shared/task/limits.ts';
import { HEAD } from '../fixtures/texts.ts';

const MIB = 1024 * 1024;
const load = fileURLToPath(new URL('../fixtures/load.ts', import.meta.url));
const fill = (text: string): string => text.repeat(MIB / text.length);
const TOKENS = 'this YAML has more than 300,000 words and signs; split the file';
const DEPTH = 'maps and lists are nested more than 100 deep; a Task needs no more than a dozen levels';
const ALIASES =
  'with its aliases written out, this document has more than 300,000 values or 100 levels; write out fewer';

function aliases(count: number, line: (index: number) => string): string {
  return `a0: &a0 [1]\n${Array.from({ length: count }, (_, index) => line(index + 1)).join('')}`;
}

// The heap of 256 MiB is the point: the same texts took gigabytes, or the stack, before there were bounds.
it.each([
  ['brackets', '['.repeat(MIB), `1:101: ${DEPTH}`],
  ['braces', '{'.repeat(MIB), `1:101: ${DEPTH}`],
  ['lists in lists', fill('- '), `1:200: ${DEPTH}`],
  ['closing brackets', ']'.repeat(MIB), `1:300000: ${TOKENS}`],
  ['commas', `[${','.repeat(MIB - 2)}]`, `1:300000: ${TOKENS}`],
  [
    'commas just below the bound',
    `[${','.repeat(290_000)}]`,
    '1:3: this does not belong here; is a quote, bracket or line break missing before it?',
  ],
  ['empty items', fill('-\n'), `150000:2: ${TOKENS}`],
  ['comments', fill('#\n'), `150001:1: ${TOKENS}`],
  ['directives', fill('%a\n\n'), `200001:1: ${TOKENS}`],
  ['documents', fill('---\n'), '1003:4: more than 1,000 documents; split the file'],
  [
    'aliases of aliases, ten times each',
    aliases(
      20,
      (n) =>
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]\n`,
    ),
    `7:10: a6[0]: ${ALIASES}`,
  ],
  [
    'aliases one in the other',
    aliases(20_000, (n) => `a${n}: &a${n} [*a${n - 1}]\n`),
    `100:12: a99[0]: ${ALIASES}`,
  ],
  [
    'one more byte than allowed',
    `#${'a'.repeat(MIB)}`,
    '1:1: larger than 1 MiB, the most that taskflow reads; move large data to a ConfigMap or into the image',
  ],
])('refuses 1 MiB of %s within a small heap', async (_, text, message) => {
  const { stdout } = await execa(process.execPath, ['--max-old-space-size=256', load, '-'], {
    input: text,
    reject: false,
  });
  expect(stdout.split('\n')).toContain(`<stdin>:${message}`);
});

it.each([
  [
    'script',
    `${HEAD}  steps:\n    - name: a\n      image: b\n      script: |\n${'        echo hello\n'.repeat(54_000)}`,
  ],
  [
    'list of variables',
    `${HEAD}  steps:\n${Array.from(
      { length: MAX_STEPS },
      (_, step) =>
        `  - {name: s${step}, image: b, env: [${Array(100)
          .fill(`{name: A, value: "${'x'.repeat(40)}"}`)
          .join(', ')}]}\n`,
    ).join('')}`,
  ],
])('reads a large %s within a small heap', async (_, text) => {
  const { stdout } = await execa(process.execPath, ['--max-old-space-size=256', load, '-'], {
    input: text,
    reject: false,
  });
  expect(stdout).toBe('demo');
});

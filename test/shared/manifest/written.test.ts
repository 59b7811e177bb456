/** What `formatYaml` writes, read by YAML 1.1 readers that are not ours. */
import { execa } from 'execa';
import { array, assert, asyncProperty, bigInt, constantFrom, oneof, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJson, parseJson } from '../../../shared/json.ts';
import { formatYaml } from '../../../shared/manifest/index.ts';

const READERS = [
  {
    name: 'PyYAML',
    command: ['python3', '-c', 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.buffer)))'],
    needs: ['python3', '-c', 'import yaml'],
  },
  {
    name: 'kubectl',
    command: ['kubectl', 'patch', '--local', '-f', '-', '--type=merge', '-p', '{}', '-o', 'jsonpath={@}'],
    needs: ['kubectl', 'version', '--client'],
  },
];

async function run([file = '', ...args]: readonly string[], input = ''): Promise<string | undefined> {
  const { exitCode, stdout } = await execa(file, args, { input, reject: false });
  return exitCode === 0 ? stdout : undefined;
}

const there = await Promise.all(READERS.map(async ({ needs }) => (await run(needs)) !== undefined));
const available = READERS.filter((_, index) => there[index]);

/** What readers take for something else, or stumble over. */
const parts = constantFrom(
  ...[
    '\t',
    '\n',
    '\r',
    ' ',
    '  ',
    '\u2028',
    '\u2029',
    '\u0085',
    '\u007f',
    '\ufeff',
    '\u00a0',
    '\0',
    '\ufffe',
  ],
  ...[
    '-',
    '?',
    ':',
    ': ',
    ' #',
    '#',
    '&a',
    '*a',
    '!',
    '|',
    '>',
    '%',
    '@',
    '`',
    '"',
    "'",
    '\\',
    '{',
    ']',
    ',',
  ],
  ...[
    '---',
    '...',
    '<<',
    '=',
    '~',
    'yes',
    'no',
    'null',
    'true',
    '0x',
    '0b1',
    '0o7',
    '08',
    '1',
    '_',
    '.',
    'e',
    '+',
  ],
  ...['1.5e3_0', '1:30', '2001-01-01', '.inf', '.nan', '9007199254740993', 'a', 'é', '😀', '\ud800'],
);
const text = oneof(
  array(parts, { maxLength: 6 }).map((some) => some.join('')),
  string({ unit: 'binary' }),
);
const int64 = bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const ODD = [
  '\techo hello\n\techo world\n',
  ' two\n spaces\n',
  '\n\nlate\n',
  'a\n\t\n \n',
  'a \nb\t\n',
  'a\n\n\n',
  '\n',
  'a\r\nb\r\n',
  'a\u2028b\n',
  '#!/bin/sh\n\u0085',
  '1.5e3_0',
];

describe.each(available)('$name reads what is written', ({ command }) => {
  const expectRead = async (texts: readonly string[], integers: readonly bigint[]): Promise<void> => {
    const thing = {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'thing' },
      texts,
      // Behind an "x", since Kubernetes has no field without a name.
      fields: Object.fromEntries(texts.map((each, index) => [`x${index}`, { in: [each] }])),
      names: Object.fromEntries(texts.filter((each) => each !== '').map((each) => [each.toWellFormed(), 1])),
      integers,
    };
    const json = await run(command, formatYaml(thing));
    // Half of a surrogate pair is no character: no encoding of the text has it.
    const expected: unknown = parseJson(
      formatJson(thing)
        .toWellFormed()
        .replaceAll(/\\ud[89a-f]../g, '\ufffd'),
    );
    expect(json === undefined ? 'refused' : parseJson(json)).toEqual(expected);
  };

  it('any string, any int64', async () => {
    await expectRead(ODD, [2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 0n]);
    await assert(asyncProperty(array(text, { maxLength: 120 }), array(int64, { maxLength: 5 }), expectRead), {
      numRuns: 10,
    });
  });
});

it('is read by at least one other reader', ({ skip }) => {
  if (available.length === 0) skip('neither python3-yaml nor kubectl is here: npm run test:tools');
  expect(available).not.toEqual([]);
});

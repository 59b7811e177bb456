import {
  array,
  assert,
  boolean,
  constant,
  constantFrom,
  dictionary,
  nat,
  oneof,
  property,
  record,
  string,
  stringMatching,
  uint8Array,
  uniqueArray,
} from 'fast-check';
import { expect, it } from 'vitest';
import { containerSchema } from '../../../shared/task/container/container.ts';
import { formatYaml, ManifestError, parseTasks, type Problem } from '../../../shared/manifest/index.ts';
import { stepWith } from '../fixtures/texts.ts';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const letter = constantFrom(...LETTERS.split(''));
const names = Object.keys(containerSchema.shape).filter((name) => name !== 'name' && name !== 'image');

const edited = record({
  name: constantFrom(...names),
  at: nat(),
  kind: constantFrom('add', 'drop', 'change', 'swap'),
  letter,
})
  .map(({ name, at, kind, letter: other }) => {
    const index = at % name.length;
    const [before, char, after] = [name.slice(0, index), name.charAt(index), name.slice(index + 1)];
    if (kind === 'add') return { name, wrong: before + other + char + after };
    if (kind === 'drop') return { name, wrong: before + after };
    if (kind === 'change') return { name, wrong: before + other + after };
    return { name, wrong: before + after.slice(0, 1) + char + after.slice(1) };
  })
  .filter(({ wrong }) => !Object.keys(containerSchema.shape).includes(wrong));

it('suggests the right name for every single slip of a finger', () => {
  assert(
    property(edited, ({ name, wrong }) => {
      expect(() => parseTasks(stepWith(`"${wrong}": x`), 'f')).toThrow(
        `f:9:7: spec.steps[0].${wrong}: unknown field; did you mean "${name}"?`,
      );
    }),
    { numRuns: 300 },
  );
});

/** No Task and no problem: what must not be. */
const NOWHERE: Problem = { file: 'f', line: 0, column: 0, path: '', message: '' };

const FRAGMENTS = [
  '[',
  ']',
  '{',
  '}',
  ': ',
  '- ',
  '? ',
  '\n',
  '  ',
  '\t',
  '&a ',
  '*a',
  '!x ',
  '!!str ',
  '"',
  "'",
  '|\n',
  ' #',
];
const MORE = [
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '<<: ',
  '@',
  '~',
  '0x',
  '1e5',
  '\ufeff',
  '\r',
  '\u2028',
  '\0',
  '\ud800',
  'spec',
];
const fragment = constantFrom(...FRAGMENTS, ...MORE);
const noise = array(oneof(fragment, string({ unit: 'binary' })), { maxLength: 30 }).map((parts) =>
  parts.join(''),
);

function problemsIn(input: string | Uint8Array): readonly Problem[] {
  try {
    return parseTasks(input, 'f').length > 0 ? [] : [NOWHERE];
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    return error.problems.length > 0 ? error.problems : [NOWHERE];
  }
}

it('throws nothing but ManifestError, with places that exist, whatever it reads', () => {
  assert(
    property(
      oneof(
        noise,
        uint8Array(),
        noise.map((text) => stepWith(text)),
      ),
      (input) => {
        const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
        const lines = text.split(/\r\n|\r|\n/);
        const nowhere = problemsIn(input).filter(
          ({ line, column }) => line < 1 || column < 1 || column > (lines[line - 1] ?? '').length + 1,
        );
        expect(nowhere).toEqual([]);
      },
    ),
    { numRuns: 1000 },
  );
});

const label = stringMatching(/^[a-z]([-a-z0-9]{0,8}[a-z0-9])?$/).filter((name) => name !== 'install-agent');
// The package writes control characters as they are, which YAML does not allow.
const PRINTABLE = /^[\t\n\r -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
const words = array(
  string({ unit: 'binary' }).filter((text) => PRINTABLE.test(text)),
  { maxLength: 4 },
);
const step = record(
  {
    name: label,
    image: string({ unit: 'grapheme', minLength: 1 }),
    command: words,
    args: words,
    script: string({ unit: 'grapheme' }),
    env: array(record({ name: stringMatching(/^[A-Za-z_]{1,9}$/), value: string({ unit: 'grapheme' }) })),
    tty: boolean(),
    securityContext: record({ runAsUser: nat(), privileged: boolean() }, { requiredKeys: [] }),
    resources: record({
      limits: dictionary(constantFrom('cpu', 'memory', 'example.com/gpu'), constantFrom('500m', '1Gi', 2)),
    }),
  },
  { requiredKeys: ['name', 'image'] },
);
const task = record({
  apiVersion: constant('api.practice.com/v1alpha1'),
  kind: constant('Task'),
  metadata: record({ name: label, annotations: dictionary(label, string()) }, { requiredKeys: ['name'] }),
  spec: record({
    steps: uniqueArray(step, { minLength: 1, maxLength: 6, selector: ({ name }) => name }),
  }),
});

it('reads back every Task that is written as YAML or as JSON', () => {
  assert(
    property(task, (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value));
      expect(parseTasks(formatYaml(value), 'f')).toStrictEqual([plain]);
      expect(parseTasks(JSON.stringify(value), 'f')).toStrictEqual([plain]);
    }),
    { numRuns: 150 },
  );
});

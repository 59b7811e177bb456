import { describe, expect, it } from 'vitest';
import { findData, ManifestError } from '../../../shared/manifest/index.ts';
import { readObjects, together, type Manifests } from '../../../shared/manifest/read.ts';

const task = (name: string): string => `
apiVersion: api.practice.com/v1alpha1
kind: Task
metadata: { ${name} }
spec: { steps: [{ name: a, image: busybox, command: [date] }] }
`;

const read = (...texts: string[]): Manifests =>
  together(texts.map((text, index) => readObjects(text, `${index}.yaml`)));

function problemsOf(...texts: string[]): string {
  try {
    read(...texts);
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
  throw new Error('expected problems');
}

const listOf = (kind: string, ...items: string[]): string =>
  `apiVersion: ${kind === 'List' ? 'v1' : 'api.practice.com/v1alpha1'}\nkind: ${kind}\nmetadata: { resourceVersion: "" }\nitems:${items
    .map((item) => item.trim().replace(/^/gm, '    ').replace(/^ {4}/, '\n  - '))
    .join('')}\n`;

const CONFIG_MAP = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: ci }
data: { COLOUR: blue }
binaryData: { blob: /w== }
`;
const SECRET = `
apiVersion: v1
kind: Secret
metadata: { name: token }
type: Opaque
data: { a: YQ==, b: Yg== }
stringData: { b: two }
`;
const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec: { whatever: [1] }
`;

const RESUME = `
apiVersion: api.practice.com/v1alpha1
kind: Resume
metadata: { name: go }
spec: { task: a }
`;

describe('objects of a manifest', () => {
  it.each([
    ['a Task', [task('name: a')], ['a'], []],
    ['a Task and what lets it go on', [`${task('name: a')}---${RESUME}`], ['a'], ['Resume go']],
    [
      'Tasks and others, as documents',
      [`${task('name: a')}---${DEPLOYMENT}---${task('name: b')}`],
      ['a', 'b'],
      ['Deployment web'],
    ],
    [
      'a List as kubectl get prints it',
      [listOf('List', task('name: a'), DEPLOYMENT, task('name: b'))],
      ['a', 'b'],
      ['Deployment web'],
    ],
    [
      'a TaskList as the API has it',
      [listOf('TaskList', task('name: a').replace(/apiVersion.*\nkind.*\n/, ''))],
      ['a'],
      [],
    ],
    ['a List in a List', [listOf('List', listOf('List', task('name: a')))], ['a'], []],
    ['an empty List beside a Task', [`apiVersion: v1\nkind: List\nitems: []\n`, task('name: a')], ['a'], []],
    ['a List without its items', [`apiVersion: v1\nkind: List\nitems:\n---${task('name: a')}`], ['a'], []],
    [
      'a List that is an alias of another',
      [
        `apiVersion: v1\nkind: List\nitems: [&x {${task('name: a').trim().replaceAll('\n', ', ')}}]\nmetadata: {}\n`,
      ],
      ['a'],
      [],
    ],
    [
      'a Task of somebody else',
      [`${task('name: a')}---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: { generateName: b- }\n`],
      ['a'],
      ['Task b-'],
    ],
    [
      'an object whose name is no text',
      [`${task('name: a')}---\napiVersion: v2\nkind: Chart\nmetadata: { name: [x] }\n`],
      ['a'],
      ['Chart'],
    ],
  ])('are taken out of %s', (_, texts, tasks, others) => {
    const found = read(...texts);
    expect(found.tasks.map(({ metadata }) => metadata.name)).toEqual(tasks);
    expect(found.others.map(({ value }) => value)).toEqual(others);
  });

  it.each([
    [
      'a problem in an item of a List has its place',
      [listOf('List', task('name: a').replace('image', 'imag'))],
      '0.yaml:8:32: items[0].spec.steps[0].imag: unknown field; did you mean "image"?',
    ],
    [
      'YAML that is wrong in an item is told once, and nothing of its stand-in',
      [listOf('List', task('name: a, name: b'))],
      '0.yaml:7:26: items[0].metadata.name: this field is here twice; keep one of the two',
    ],
    [
      'YAML that is wrong beside the items',
      [`${listOf('List', task('name: a'))}kind: List\n`],
      '0.yaml:9:1: kind: this field is here twice; keep one of the two',
    ],
    [
      'items that are no list',
      [`apiVersion: v1\nkind: List\nitems: { a: b }\n`],
      '0.yaml:3:8: items: expected a list of objects',
    ],
    [
      'nothing but others',
      [`---${DEPLOYMENT}`],
      '0.yaml:2:13: apiVersion: expected "api.practice.com/v1alpha1", found the string "apps/v1"; taskflow runs Tasks only\n0.yaml:3:7: kind: expected "Task", found the string "Deployment"; taskflow runs Tasks only',
    ],
    ['an empty List', [`apiVersion: v1\nkind: List\nitems: []\n`], '0.yaml:1:1: no Task found'],
    ['only ConfigMaps', [CONFIG_MAP], '0.yaml:1:1: no Task found'],
    [
      'a group that is misspelt, beside a Task',
      [`${task('name: a')}---${task('name: b').replace('practice', 'practise')}`],
      '0.yaml:7:13: apiVersion: expected "api.practice.com/v1alpha1", found the string "api.practise.com/v1alpha1"; taskflow runs Tasks only',
    ],
    [
      'two of one name, in two files',
      [`${task('name: a')}---${CONFIG_MAP}`, CONFIG_MAP],
      '1.yaml:4:19: metadata.name: the ConfigMap "settings" is at 0.yaml:9:19 already; give one of them another name or namespace',
    ],
    [
      'a Secret that is no base64, whose value is not shown',
      [`${task('name: a')}---${SECRET.replace('YQ==', 'hunter2')}`],
      '0.yaml:11:12: data.a: expected base64',
    ],
    [
      'a field of a Secret that is misspelt',
      [`${task('name: a')}---${SECRET.replace('stringData', 'stringdata')}`],
      '0.yaml:12:1: stringdata: unknown field; did you mean "stringData"?',
    ],
    [
      'a number in a ConfigMap',
      [`${task('name: a')}---${CONFIG_MAP.replace('blue', '5')}`],
      '0.yaml:10:17: data.COLOUR: expected a string, found a number (write it in quotes)',
    ],
    [
      'a key that no ConfigMap can have',
      [`${task('name: a')}---${CONFIG_MAP.replace('COLOUR', 'a/b')}`],
      '0.yaml:10:14: data["a/b"]: a key has letters, digits, "-", "_" and "." only, and does not begin with ".."; choose another',
    ],
  ])('are refused: %s', (_, texts, message) => {
    expect(problemsOf(...texts)).toBe(message);
  });
});

describe('a ConfigMap or Secret beside the Tasks', () => {
  const { data } = read(`${task('name: a')}---${CONFIG_MAP}---${SECRET}`);
  const textOf = (map: ReadonlyMap<string, Uint8Array> | undefined): object =>
    Object.fromEntries([...(map ?? [])].map(([key, bytes]) => [key, Buffer.from(bytes).toString('latin1')]));

  it('has files of all that is in it, and variables of what is text', () => {
    const settings = findData(data, { kind: 'ConfigMap', name: 'settings' }, 'ci');
    expect(textOf(settings?.files)).toEqual({ COLOUR: 'blue', blob: '\xff' });
    expect(textOf(settings?.variables)).toEqual({ COLOUR: 'blue' });
  });

  it('takes stringData before data', () => {
    const token = findData(data, { kind: 'Secret', name: 'token' }, undefined);
    expect(textOf(token?.variables)).toEqual({ a: 'a', b: 'two' });
  });

  it.each([
    ['its own namespace', 'ConfigMap', 'settings', 'ci', true],
    ['another one', 'ConfigMap', 'settings', 'prod', false],
    ['the current one, which may be that', 'ConfigMap', 'settings', undefined, true],
    ['any, where the object names none', 'Secret', 'token', 'prod', true],
    ['another kind', 'Secret', 'settings', 'ci', false],
  ] as const)('is found from %s', (_, kind, name, namespace, expected) => {
    expect(findData(data, { kind, name }, namespace) !== undefined).toBe(expected);
  });

  it('is that of the namespace first', () => {
    const more = read(task('name: a'), SECRET, SECRET.replace('name: token', 'name: token, namespace: ci'));
    expect(findData(more.data, { kind: 'Secret', name: 'token' }, 'ci')?.namespace).toBe('ci');
  });
});

describe('a name that the cluster makes', () => {
  it.each([
    ['a beginning', 'generateName: release-', undefined],
    ['one with a dot', 'generateName: a.b-', undefined],
    ['both, as a cluster has it', 'name: release-x7k2p, generateName: release-', undefined],
    ['an empty name beside it', 'name: "", generateName: release-', undefined],
    [
      'neither',
      'labels: {}',
      '4:11: metadata.name: required, but missing; add "name:" with a name, or "generateName:" with the beginning of one',
    ],
    [
      'an empty one',
      'generateName: ""',
      '4:11: metadata.name: required, but missing; add "name:" with a name, or "generateName:" with the beginning of one',
    ],
    [
      'capitals',
      'generateName: Release-',
      '4:27: metadata.generateName: expected the beginning of a name: lower-case letters, digits, "-" and "." only, found the string "Release-"',
    ],
    [
      'a dot at its end',
      'generateName: release.',
      '4:27: metadata.generateName: expected the beginning of a name: lower-case letters, digits, "-" and "." only, found the string "release."',
    ],
  ])('is asked for with %s', (_, metadata, problem) => {
    if (problem === undefined) expect(read(task(metadata)).tasks).toHaveLength(1);
    else expect(problemsOf(task(metadata))).toBe(`0.yaml:${problem}`);
  });

  it('is no duplicate of another', () => {
    expect(read(task('generateName: a-'), task('generateName: a-')).tasks).toHaveLength(2);
  });
});

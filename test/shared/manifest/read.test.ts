import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseTasks } from '../../../shared/manifest/index.ts';
import { HEAD, messageOf, problemsOf, stepWith } from '../fixtures/texts.ts';

const fixture = (name: string): Promise<string> =>
  readFile(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

it('reads the original example', async () => {
  expect(parseTasks(await fixture('example-taskflow.yaml'), 'example.yaml')).toStrictEqual([
    {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'Task',
      metadata: { name: 'example-taskflow' },
      spec: {
        steps: [
          { name: 'step1', image: 'busybox:1.28', command: ['sh', '-c'], args: ['echo step1'] },
          { name: 'step2', image: 'busybox:1.28', command: ['sh', '-c'], args: ['echo step2'] },
          { name: 'step3', image: 'devopscube/kubernetes-job-demo:latest', args: ['10'] },
        ],
      },
    },
  ]);
});

it('reads every field of a container, and leaves all values as they are', async () => {
  const text = await fixture('every-field.yaml');
  expect(parseTasks(text, 'every-field.yaml')).toStrictEqual([parse(text)]);
});

it('reads a Task as kubectl -o json prints it', async () => {
  const value: unknown = parse(await fixture('every-field.yaml'));
  expect(parseTasks(JSON.stringify(value, null, 4), 'task.json')).toStrictEqual([value]);
});

describe('a field that does not exist', () => {
  it.each([
    [
      'a letter too few',
      ['comand: [a]'],
      '9:7: spec.steps[0].comand: unknown field; did you mean "command"?',
    ],
    ['a singular', ['arg: [a]'], '9:7: spec.steps[0].arg: unknown field; did you mean "args"?'],
    ['two letters swapped', ['evn: []'], '9:7: spec.steps[0].evn: unknown field; did you mean "env"?'],
    [
      'a capital, deep inside',
      ['env:', '  - name: A', '    valueFrom:', '      secretKeyref: { key: a }'],
      '12:13: spec.steps[0].env[0].valueFrom.secretKeyref: unknown field; did you mean "secretKeyRef"?',
    ],
    [
      'a name that harms JavaScript',
      ['__proto__: { image: x }'],
      '9:7: spec.steps[0].__proto__: unknown field; remove it',
    ],
  ])('is found in a step: %s', (_, lines, message) => {
    expect(messageOf(stepWith(...lines))).toBe(`task.yaml:${message}`);
  });

  it('is not also missing when it is misspelt', () => {
    const text = `${HEAD}  steps:\n    - name: one\n      Image: busybox\n`;
    expect(messageOf(text)).toBe('task.yaml:8:7: spec.steps[0].Image: unknown field; did you mean "image"?');
  });

  it('is kept in a step when it looks like nothing known', () => {
    const [task] = parseTasks(
      stepWith('gpuSlices: 3', 'securityContext: { landlock: { abi: 4 } }'),
      'task.yaml',
    );
    expect(task?.spec.steps[0]).toMatchObject({ gpuSlices: 3, securityContext: { landlock: { abi: 4 } } });
  });

  it('is an error at the top, in metadata and in spec, whatever it looks like', () => {
    const text = stepWith().replace('  name: demo\n', '  name: demo\n  owner: me\n');
    expect(messageOf(`${text}  stages: 5\nextra: 1\n`)).toBe(
      [
        'task.yaml:5:3: metadata.owner: unknown field; remove it',
        'task.yaml:10:3: spec.stages: unknown field; remove it',
        'task.yaml:11:1: extra: unknown field; remove it, or use one of apiVersion, kind, metadata, spec, status',
      ].join('\n'),
    );
  });

  it('does not change what objects are made of', () => {
    problemsOf(stepWith('__proto__: { polluted: true }', 'constructor: { prototype: { polluted: true } }'));
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('a value of the wrong type', () => {
  it.each([
    [
      'a number for a string',
      'args: [5]',
      '9:14: spec.steps[0].args[0]: expected a string, found the number 5 (write "5")',
    ],
    [
      'a number as it is written, not as it is read',
      'args: [0755]',
      '9:14: spec.steps[0].args[0]: expected a string, found the number 0755 (write "0755")',
    ],
    [
      'a boolean for a string',
      'args: [yes]',
      '9:14: spec.steps[0].args[0]: expected a string, found the boolean yes (write "yes")',
    ],
    [
      'a map for a list',
      'args: { a: b }',
      '9:13: spec.steps[0].args: expected a list of strings, found a map',
    ],
    [
      'a string for a list, whose words may be a password',
      'command: mysql -psecret',
      '9:16: spec.steps[0].command: expected a list of strings, found a string; write one item a line, each after "- "',
    ],
    [
      'nothing for a list',
      'command:',
      '9:7: spec.steps[0].command: expected a list of strings, found nothing; give it a value, or remove the field',
    ],
    [
      'a string for a boolean',
      'tty: "true"',
      '9:12: spec.steps[0].tty: expected true or false, found the string "true" (remove the quotes)',
    ],
    [
      'a string for a number',
      'ports: [{ containerPort: "80" }]',
      '9:32: spec.steps[0].ports[0].containerPort: expected a whole number, found the string "80" (remove the quotes)',
    ],
    [
      'a number that is too large',
      'ports: [{ containerPort: 70000 }]',
      '9:32: spec.steps[0].ports[0].containerPort: expected at most 65535, found the number 70000',
    ],
    [
      'a word of the wrong case',
      'imagePullPolicy: always',
      '9:24: spec.steps[0].imagePullPolicy: expected "Always", "IfNotPresent" or "Never", found the string "always"; did you mean "Always"?',
    ],
    [
      'a word that is not known',
      'restartPolicy: Sometimes',
      '9:22: spec.steps[0].restartPolicy: expected "Never", since a step runs once; use retries, found the string "Sometimes"',
    ],
    [
      'a fraction for an amount',
      'resources: { limits: { cpu: 0.5 } }',
      '9:35: spec.steps[0].resources.limits.cpu: expected a quantity such as "500m", "0.5" or "128Mi", found the number 0.5 (write "0.5")',
    ],
    [
      'an unknown unit',
      'resources: { limits: { memory: 1GB } }',
      '9:38: spec.steps[0].resources.limits.memory: expected a quantity such as "500m", "0.5" or "128Mi", found the string "1GB"',
    ],
    [
      'a list for a port',
      'startupProbe: { httpGet: { port: [] } }',
      '9:40: spec.steps[0].startupProbe.httpGet.port: expected a whole number or a string, found a list',
    ],
    [
      'a secret, which is not shown',
      'env: [{ name: PIN, value: 1234 }]',
      '9:33: spec.steps[0].env[0].value: expected a string, found a number (write it in quotes)',
    ],
    [
      'a long text, which is not shown',
      `tty: ${'x'.repeat(41)}`,
      '9:12: spec.steps[0].tty: expected true or false, found a string',
    ],
    [
      'a text with a control character, which does not reach the terminal',
      String.raw`tty: "\e[2J\x9b"`,
      String.raw`9:12: spec.steps[0].tty: expected true or false, found the string "\u001b[2J\u009b"`,
    ],
    [
      'a number that JSON has not',
      'gpuSlices: .nan',
      '9:18: spec.steps[0].gpuSlices: Kubernetes cannot store this number, since JSON has no such number; write it in quotes',
    ],
  ])('is found: %s', (_, line, message) => {
    expect(messageOf(stepWith(line))).toBe(`task.yaml:${message}`);
  });
});

describe('what belongs together', () => {
  it.each([
    [
      'a step without an image',
      `${HEAD}  steps:\n    - name: one\n`,
      '7:7: spec.steps[0].image: required, but missing; add "image:" with a string, here or in spec.stepTemplate',
    ],
    [
      'a spec without steps',
      `${HEAD.trimEnd()} {}\n`,
      '5:7: spec.steps: required, but missing; add "steps:" with a list of maps',
    ],
    ['a Task without steps', `${HEAD}  steps: []\n`, '6:10: spec.steps: a Task needs at least one step'],
    [
      'two steps of one name',
      stepWith() + '    - { name: one, image: busybox }\n',
      '9:15: spec.steps[1].name: spec.steps[0] has the name "one" already; choose another name',
    ],
    [
      'a step with the name of the init container',
      stepWith() + '    - { name: install-agent, image: busybox }\n',
      '9:15: spec.steps[1].name: taskflow uses the name "install-agent" itself; choose another name',
    ],
    [
      'a name that is no name in DNS',
      stepWith() + '    - { name: Two_, image: busybox }\n',
      '9:15: spec.steps[1].name: expected lower-case letters, digits and "-" only, beginning and ending with a letter or digit, found the string "Two_"',
    ],
    [
      'a name of the Task that is too long for a label',
      stepWith().replace('name: demo', `name: ${'d'.repeat(64)}`),
      '4:9: metadata.name: expected at most 63 characters, found 64',
    ],
    [
      'a volume that is not there',
      stepWith('volumeMounts: [{ name: cache, mountPath: /cache }]'),
      '9:30: spec.steps[0].volumeMounts[0].name: spec.volumes has no volume "cache"; add it there, or correct the name',
    ],
    [
      'a mount where taskflow has its own',
      stepWith('volumeMounts: [{ name: v, mountPath: /taskflow/bin }]') +
        '  volumes: [{ name: v, emptyDir: {} }]\n',
      '9:44: spec.steps[0].volumeMounts[0].mountPath: taskflow uses /taskflow and /etc/podinfo itself; mount the volume somewhere else',
    ],
    [
      'a volume with a name of taskflow',
      stepWith() + '  volumes: [{ name: podinfo, emptyDir: {} }]\n',
      '9:21: spec.volumes[0].name: taskflow uses the volume names "podinfo" and "taskflow-…" itself; choose another name',
    ],
    [
      'a misspelt kind of volume',
      stepWith() + '  volumes: [{ name: v, configmap: {} }]\n',
      '9:24: spec.volumes[0].configmap: unknown field; did you mean "configMap"?',
    ],
    [
      'two Tasks of one name',
      `${stepWith()}---\n${stepWith()}`,
      '13:9: metadata.name: the Task "demo" is at task.yaml:4:9 already; give one of them another name or namespace',
    ],
  ])('is checked: %s', (_, text, message) => {
    expect(messageOf(text)).toBe(`task.yaml:${message}`);
  });

  it('takes two Tasks of one name in two namespaces', () => {
    const other = stepWith().replace('name: demo', 'name: demo\n  namespace: other');
    expect(parseTasks(`${stepWith()}---\n${other}`, 'task.yaml')).toHaveLength(2);
  });

  it('takes script, command and args together: the script comes first', () => {
    const [task] = parseTasks(stepWith('script: a', 'command: [b]', 'args: [c]'), 'task.yaml');
    expect(task?.spec.steps[0]).toMatchObject({ script: 'a', command: ['b'], args: ['c'] });
  });
});

describe('a document that is no Task', () => {
  it.each([
    [
      'of another kind',
      'apiVersion: apps/v1\nkind: Deployment\nspec: { steps: 5 }\n',
      'task.yaml:1:13: apiVersion: expected "api.practice.com/v1alpha1", found the string "apps/v1"; taskflow runs Tasks only\n' +
        'task.yaml:2:7: kind: expected "Task", found the string "Deployment"; taskflow runs Tasks only',
    ],
    [
      'of another version',
      stepWith().replace('v1alpha1', 'v1'),
      'task.yaml:1:13: apiVersion: expected "api.practice.com/v1alpha1", found the string "api.practice.com/v1"; taskflow runs Tasks only',
    ],
    [
      'without a kind',
      stepWith().replace('kind: Task\n', ''),
      'task.yaml:1:1: kind: missing; write "kind: Task"',
    ],
    [
      'a text',
      'hello',
      'task.yaml:1:1: expected a map with apiVersion, kind, metadata and spec, found the string "hello"',
    ],
    ['a list', '- a', 'task.yaml:1:1: expected a map with apiVersion, kind, metadata and spec, found a list'],
    ['an empty file', '', 'task.yaml:1:1: no Task found; the file is empty or has only comments'],
    [
      'only comments',
      '# a\n---\n# b\n',
      'task.yaml:1:1: no Task found; the file is empty or has only comments',
    ],
  ])('is refused: %s', (_, text, message) => {
    expect(messageOf(text)).toBe(message);
  });
});

describe('many problems', () => {
  it('are all found at once, in the order of the lines and in every document', () => {
    const second = stepWith('tty: 1').replace('name: demo', 'name: Demo');
    const { problems } = problemsOf(`${stepWith('comand: [a]', 'args: [5, 6]')}---\n${second}`);
    expect(problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      '9:7 spec.steps[0].comand',
      '10:14 spec.steps[0].args[0]',
      '10:17 spec.steps[0].args[1]',
      '15:9 metadata.name',
      '20:12 spec.steps[0].tty',
    ]);
  });

  it('are kept, but printed only up to the twentieth', () => {
    const error = problemsOf(stepWith(`args: [${Array.from({ length: 25 }, () => 1).join(', ')}]`));
    const lines = error.message.split('\n');
    expect(error.problems).toHaveLength(25);
    expect(lines).toHaveLength(21);
    expect(lines[20]).toBe('… and 5 more');
  });

  it('count as one when there are too many steps', () => {
    const steps = Array.from({ length: 5000 }, () => '    - nome: x\n      image: 5\n').join('');
    expect(messageOf(`${HEAD}  steps:\n${steps}`)).toBe(
      'task.yaml:7:5: spec.steps: expected at most 128 steps in one Task, found 5000; make several Tasks of it',
    );
  });
});

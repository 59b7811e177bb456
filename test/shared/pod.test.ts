import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expand } from '../../shared/expansion.ts';
import { NoCommandError, podOf } from '../../shared/pod.ts';
import { MAX_SCRIPT_BYTES, scriptsConfigMap, ScriptsTooLargeError } from '../../shared/scripts.ts';
import { declaredCommand } from '../../shared/step-command.ts';
import { taskSchema, type Step, type Task } from '../../shared/task.ts';

const SETTINGS = { agentImage: 'taskflow/agent:test' };

function taskOf(...steps: (Partial<Step> & { name: string })[]): Task {
  return taskSchema.parse({
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'test' },
    spec: { steps: steps.map((step) => ({ image: 'busybox', command: ['true'], ...step })) },
  });
}

describe('the command of a step', () => {
  it.each<[string, Partial<Step>, readonly string[] | undefined]>([
    ['its command and arguments', { command: ['echo', 'a'], args: ['b'] }, ['echo', 'a', 'b']],
    ['its script, with the interpreter it names', { script: '#!/bin/bash\n', args: ['b'] }, ['/s', 'b']],
    [
      'its script with sh -e when it names none',
      { script: 'echo', args: ['b'] },
      ['/bin/sh', '-e', '/s', 'b'],
    ],
    ['its script rather than its command', { script: '#!x', command: ['echo'] }, ['/s']],
    ['the image’s when it has only arguments', { args: ['b'] }, undefined],
    ['the image’s when its command is an empty list', { command: [], args: ['b'] }, undefined],
    ['the image’s when its script is empty', { script: '' }, undefined],
  ])('is %s', (_, step, command) => {
    expect(declaredCommand({ name: 'a', image: 'b', ...step }, '/s')).toEqual(command);
  });
});

describe('the pod of a Task', () => {
  it('lets each step write its own run directory only, and read its predecessor’s only', () => {
    const pod = podOf(taskOf({ name: 'a' }, { name: 'b' }, { name: 'c' }), SETTINGS);
    const mounts = pod.spec.containers.map(({ volumeMounts = [] }) =>
      volumeMounts
        .filter(({ name }) => name.startsWith('taskflow-run-'))
        .map(({ mountPath, readOnly }) => `${mountPath} ${readOnly ? 'ro' : 'rw'}`),
    );
    expect(mounts).toEqual([
      ['/taskflow/run/1 rw'],
      ['/taskflow/run/1 ro', '/taskflow/run/2 rw'],
      ['/taskflow/run/2 ro', '/taskflow/run/3 rw'],
    ]);
  });

  it('keeps everything else that the user said about a container', () => {
    const said: Step = {
      ...{ name: 'a', image: 'b', imagePullPolicy: 'Never', workingDir: '/w', tty: true, stdin: true },
      env: [{ name: 'X', value: '1' }],
      securityContext: { runAsUser: 7 },
      ...{ someFieldOfALaterKubernetes: { x: 1 } },
    };
    const [container] = podOf(taskOf(said), SETTINGS).spec.containers;
    expect(container).toMatchObject(said);
  });

  it('posts the outcome where the user wants the termination message', () => {
    const [container] = podOf(taskOf({ name: 'a', terminationMessagePath: '/tmp/m' }), SETTINGS).spec
      .containers;
    expect(container?.args?.join(' ')).toContain('--termination-log /tmp/m --command true');
  });

  it('is refused while some images are not looked up, all of their steps named', () => {
    const task = taskOf({ name: 'a', command: [] }, { name: 'b' }, { name: 'c', command: [] });
    expect(() => podOf(task, SETTINGS)).toThrow(NoCommandError);
    expect(() => podOf(task, SETTINGS)).toThrow(/^step a has no command.*\nstep c has no command/);
  });
});

describe('the scripts of a Task', () => {
  it('are byte for byte in a ConfigMap whose name changes with them', () => {
    const first = scriptsConfigMap(taskOf({ name: 'a', script: 'echo ü\r\n' }));
    expect(first?.data).toEqual({ a: 'echo ü\r\n' });
    expect(first?.metadata.name).toMatch(/^task-scripts-test-[0-9a-f]{10}$/);
    expect(scriptsConfigMap(taskOf({ name: 'a', script: 'echo u\r\n' }))?.metadata.name).not.toBe(
      first?.metadata.name,
    );
    expect(scriptsConfigMap(taskOf({ name: 'a' }))).toBeUndefined();
  });

  it('are refused with their sizes when a ConfigMap cannot hold them', () => {
    const half = 'ü'.repeat(MAX_SCRIPT_BYTES / 4);
    expect(scriptsConfigMap(taskOf({ name: 'a', script: half }, { name: 'b', script: half }))).toBeDefined();
    const task = taskOf({ name: 'a', script: half }, { name: 'b', script: `${half}x` });
    expect(() => scriptsConfigMap(task)).toThrow(ScriptsTooLargeError);
    expect(() => scriptsConfigMap(task)).toThrow('have 1048577 bytes together (a 524288, b 524289)');
  });
});

/** The kubelet's own table, from k8s.io/kubernetes third_party/forked/golang/expansion. */
describe('expand', () => {
  const variables = new Map([
    ['VAR_A', 'A'],
    ['VAR_B', 'B'],
    ['VAR_C', 'C'],
    ['VAR_REF', '$(VAR_A)'],
    ['VAR_EMPTY', ''],
  ]);

  it.each([
    ['$(VAR_A)', 'A'],
    ['___$(VAR_B)___', '___B___'],
    ['$(VAR_A)_$(VAR_B)_$(VAR_C)', 'A_B_C'],
    ['$(VAR_REF)', '$(VAR_A)'],
    ['%%$(VAR_REF)--$(VAR_REF)%%', '%%$(VAR_A)--$(VAR_A)%%'],
    ['foo$(VAR_EMPTY)bar', 'foobar'],
    ['foo$$(VAR_A)', 'foo$(VAR_A)'],
    ['$$$(VAR_A)', '$A'],
    ['$$$$(VAR_A)', '$$(VAR_A)'],
    ['$(VAR_DNE)', '$(VAR_DNE)'],
    ['$VAR_A', '$VAR_A'],
    ['$(VAR_A', '$(VAR_A'],
    ['$(VAR_A)$', 'A$'],
    ['$', '$'],
    ['$()', '$()'],
    ['$${VAR}', '${VAR}'],
  ])('makes %j to %j', (text, expanded) => expect(expand(text, variables)).toBe(expanded));

  it('changes no text without a dollar sign', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll('$', '');
        expect(expand(plain, variables)).toBe(plain);
      }),
    );
  });
});

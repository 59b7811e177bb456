import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { expand } from '../../../shared/turn/expansion.ts';
import { cautions } from '../../../shared/pod/cautions.ts';
import { NoCommandError, podNameOf, podOf } from '../../../shared/pod/pod.ts';
import { MAX_SCRIPT_BYTES, scriptsConfigMap, ScriptsTooLargeError } from '../../../shared/pod/scripts.ts';
import { declaredCommand } from '../../../shared/pod/step-command.ts';
import { taskSchema, type Sidecar, type Step, type Task } from '../../../shared/task/task.ts';

const SETTINGS = { agentImage: 'taskflow/agent:test' };

function taskOf(...steps: (Partial<Step> & { name: string })[]): Task {
  return taskWith({}, {}, ...steps);
}

function taskWith(spec: object, metadata: object, ...steps: (Partial<Step> & { name: string })[]): Task {
  return taskSchema.parse({
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 'test', ...metadata },
    spec: { steps: steps.map((step) => ({ image: 'busybox', command: ['true'], ...step })), ...spec },
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

  it.each([
    ['in a volume', '/src/app', '/src', true],
    ['that is a volume', '/src', '/src/', true],
    ['in a volume, written in another way', '/x/../src//app', 'src', true],
    ['beside a volume', '/srcs', '/src', false],
    ['above a volume', '/', '/src', false],
    ['relative', 'app', '/src', true],
  ])('lets the agent enter a workingDir %s', (_, workingDir, mountPath, late) => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const step = { name: 'a', workingDir, volumeMounts: [{ name: 'v', mountPath }] };
    const [container] = podOf(taskWith({ volumes }, {}, step), SETTINGS).spec.containers;
    const { args = [] } = container ?? {};
    expect(container?.workingDir).toBe(late ? undefined : workingDir);
    expect(args.includes('--workdir') ? args[args.indexOf('--workdir') + 1] : undefined).toBe(
      late ? workingDir : undefined,
    );
  });

  it('comes with a caution for a subPath that an earlier step may fill', () => {
    const mount = { name: 'data', mountPath: '/d' };
    const conf = { ...mount, mountPath: '/etc/app.conf', subPath: 'app.conf' };
    const volumes = [{ name: 'data', emptyDir: {} }];
    const told = (...mounts: (typeof conf | typeof mount)[]): string[] =>
      cautions(
        taskWith({ volumes }, {}, ...mounts.map((each, at) => ({ name: `s${at}`, volumeMounts: [each] }))),
      );
    expect(told(mount, conf)).toEqual([
      'step s1 mounts the subPath app.conf of volume data, which the kubelet makes as a directory before step s0 can; if it is to be a file, or is not to be there yet, leave out subPath',
    ]);
    expect(told(conf, mount)).toEqual([]);
    expect(told({ ...mount, readOnly: true } as typeof mount, conf)).toEqual([]);
  });

  it('keeps everything else that the user said about a container', () => {
    const later = { someFieldOfALaterKubernetes: { x: 1 } };
    const said: Step = {
      name: 'a',
      image: 'b',
      imagePullPolicy: 'Never',
      workingDir: '/w',
      tty: true,
      stdin: true,
      env: [{ name: 'X', value: '1' }],
      securityContext: { runAsUser: 7 },
      ...later,
    };
    const [container] = podOf(taskOf(said), SETTINGS).spec.containers;
    expect(container).toMatchObject(said);
  });

  it('has a readiness probe that says whether a step is held, and what it is told, where a step can be held', () => {
    const podWith = (pause: Step['pause']) =>
      podOf(taskOf({ name: 'a' }, { name: 'b', pause }), SETTINGS).spec;
    const { containers, volumes } = podWith(['After']);
    expect(containers.map(({ readinessProbe }) => readinessProbe)).toEqual([
      undefined,
      {
        exec: { command: ['/taskflow/bin/agent', 'held', '--post', '/taskflow/run/2'] },
        timeoutSeconds: 31_536_000,
        periodSeconds: 1,
        failureThreshold: 1,
      },
    ]);
    expect(containers[1]).not.toHaveProperty('pause');
    const told = (all: unknown): boolean =>
      JSON.stringify(all).includes(
        '{"path":"resume","fieldRef":{"fieldPath":"metadata.annotations[\'api.practice.com/resume\']"}}',
      );
    expect(told(volumes)).toBe(true);
    expect(told(podWith([]).volumes)).toBe(false);
    expect(podWith([]).containers[1]).not.toHaveProperty('readinessProbe');
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

describe('the pod of a Task in a cluster', () => {
  const UID = '4b5f2f0c-8f2c-4f5e-9d43-0f6f3b9a7c11';
  const script = { name: 'a', script: 'echo' };

  it('has one name for ever, and another one for another Task of that name', () => {
    const nameOf = (uid: string) => podOf(taskWith({}, { uid }, { name: 'a' }), SETTINGS).metadata;
    expect(nameOf(UID).name).toMatch(/^task-pod-test-[0-9a-f]{8}$/);
    expect(nameOf(UID).name).toBe(podNameOf({ name: 'test', uid: UID }));
    expect(nameOf(UID)).not.toHaveProperty('generateName');
    expect(nameOf('another').name).not.toBe(nameOf(UID).name);
  });

  it('belongs to the Task, and so do its scripts, which no other Task shares', () => {
    const task = taskWith({}, { uid: UID }, script);
    const owner = {
      apiVersion: 'api.practice.com/v1alpha1',
      kind: 'Task',
      name: 'test',
      uid: UID,
      controller: true,
      blockOwnerDeletion: true,
    };
    expect(podOf(task, SETTINGS).metadata.ownerReferences).toEqual([owner]);
    expect(scriptsConfigMap(task)?.metadata.ownerReferences).toEqual([owner]);
    const another = taskWith({}, { uid: 'another' }, script);
    expect(scriptsConfigMap(another)?.metadata.name).not.toBe(scriptsConfigMap(task)?.metadata.name);
  });

  it.each<[object, Record<string, string>]>([
    [{}, { order: '0' }],
    [{ handOff: 'Direct', suspend: false, cancel: false }, { order: '0' }],
    [{ handOff: 'Controller' }, { order: '0', gate: '2' }],
    [
      { handOff: 'Controller', suspend: true },
      { order: '0', gate: '1' },
    ],
    [{ suspend: true }, { order: '0', gate: '1' }],
    [{ cancel: true }, { order: '-1' }],
  ])('begins %j with %j', (spec, start) => {
    const { annotations } = podOf(taskWith(spec, {}, { name: 'a' }), SETTINGS).metadata;
    const expected = Object.entries(start).map(([name, value]) => [`api.practice.com/${name}`, value]);
    expect(annotations).toEqual(Object.fromEntries(expected));
  });

  it.each([
    ['1s', 61],
    ['1.5s', 62],
    ['1ms', 61],
    ['1h', 3660],
  ])(
    'is ended by the kubelet a minute after a timeout of %s, should nobody else do it',
    (timeout, seconds) => {
      const pod = podOf(taskWith({ timeout }, {}, { name: 'a' }), SETTINGS);
      expect(pod.spec.activeDeadlineSeconds).toBe(seconds);
      expect(podOf(taskOf({ name: 'a' }), SETTINGS).spec).not.toHaveProperty('activeDeadlineSeconds');
    },
  );

  it('has the agent from an init container, or from its image mounted read-only', () => {
    const task = taskWith({ sidecars: [{ name: 's', image: 'i' }] }, {}, { name: 'a' });
    const agentImagePullPolicy = 'Always';
    const copied = podOf(task, { ...SETTINGS, agentImagePullPolicy });
    const mounted = podOf(task, { ...SETTINGS, agentImagePullPolicy, injection: 'image-volume' });
    expect(copied.spec.initContainers?.map(({ name, imagePullPolicy }) => [name, imagePullPolicy])).toEqual([
      ['install-agent', 'Always'],
      ['s', undefined],
    ]);
    expect(mounted.spec.initContainers).toEqual([{ name: 's', image: 'i', restartPolicy: 'Always' }]);
    const image = { reference: 'taskflow/agent:test', pullPolicy: 'Always' };
    expect(mounted.spec.volumes).toContainEqual({ name: 'taskflow-bin', image });
    expect(mounted.spec.containers).toEqual(copied.spec.containers);
    expect(podOf(taskOf({ name: 'a' }), { ...SETTINGS, injection: 'image-volume' }).spec).not.toHaveProperty(
      'initContainers',
    );
  });

  it('keeps the labels by which it is found, and what is taskflow’s, even from a template that a cluster let pass', () => {
    const template = {
      metadata: { labels: { 'api.practice.com/task': 'x', 'app.kubernetes.io/name': 'mine', a: 'b' } },
      restartPolicy: 'Always',
      containers: [],
      initContainers: [],
      volumes: [],
      hostname: 'h',
    };
    const task = taskOf({ name: 'a' });
    const pod = podOf({ ...task, spec: { ...task.spec, podTemplate: template } }, SETTINGS);
    expect(pod.metadata.labels).toEqual({
      'app.kubernetes.io/name': 'mine',
      'app.kubernetes.io/component': 'task',
      'app.kubernetes.io/managed-by': 'taskflow',
      'api.practice.com/task': 'test',
      a: 'b',
    });
    expect(pod.spec).toMatchObject({ restartPolicy: 'Never', hostname: 'h' });
    expect(pod.spec.containers).toHaveLength(1);
    expect(pod.spec.initContainers).toHaveLength(1);
  });

  it('has every field of the template that is not taskflow’s', async () => {
    const text = await readFile(new URL('../fixtures/every-field.yaml', import.meta.url), 'utf8');
    const task = taskSchema.parse(parse(text));
    const { metadata: _, ...fields } = task.spec.podTemplate ?? {};
    expect(podOf(task, SETTINGS).spec).toMatchObject(fields);
  });

  it('tells the agent what a step says about time, failures and retries, and the kubelet nothing of it', () => {
    const step = { name: 'a', timeout: '90s', onError: 'continue', retries: 3 } as const;
    const [container] = podOf(taskOf(step), SETTINGS).spec.containers;
    expect(container?.args?.join(' ')).toContain(
      '--timeout 90s --on-error continue --retries 3 --command true',
    );
    for (const field of ['timeout', 'onError', 'retries', 'script'])
      expect(container).not.toHaveProperty(field);
  });
});

describe('what a user says about containers', () => {
  /** Any field of a container, with any value: `podOf` does not look at what it has no part in. */
  const fields = fc.dictionary(
    fc.constantFrom(
      ...(['env', 'envFrom', 'resources', 'securityContext', 'ports', 'tty', 'stdin'] as const),
      ...(['imagePullPolicy', 'readinessProbe', 'livenessProbe', 'lifecycle', 'ofALaterKubernetes'] as const),
    ),
    fc.jsonValue(),
  );
  const list = fc.array(fields, { minLength: 1, maxLength: 5 });
  const injection = fc.constantFrom('init-container', 'image-volume');

  it('is in the pod untouched', () => {
    fc.assert(
      fc.property(list, list, injection, (ofSteps, ofSidecars, how) => {
        const task = taskOf({ name: 'a' });
        const steps = ofSteps.map((said, i): Step => ({
          ...said,
          name: `a${i}`,
          image: 'i',
          command: ['true'],
        }));
        const sidecars = ofSidecars.map((said, i): Sidecar => ({ ...said, name: `b${i}`, image: 'i' }));
        const before = structuredClone({ steps, sidecars });
        const { spec } = podOf({ ...task, spec: { steps, sidecars } }, { ...SETTINGS, injection: how });
        for (const [index, { command: _command, ...said }] of before.steps.entries()) {
          const { args: _, command: __, volumeMounts: ___, ...kept } = spec.containers[index] ?? {};
          expect(kept).toEqual(said);
        }
        const beside = spec.initContainers?.slice(how === 'init-container' ? 1 : 0);
        expect(beside).toEqual(before.sidecars.map((said) => ({ ...said, restartPolicy: 'Always' })));
        expect({ steps, sidecars }).toEqual(before);
      }),
    );
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

describe('the pod of a graph', () => {
  const task = taskWith(
    {
      timeout: '1m',
      finally: [
        { name: 'tell', image: 'busybox', command: ['true'], timeout: '30s' },
        { name: 'clean', image: 'busybox', command: ['true'] },
      ],
    },
    {},
    { name: 'a' },
    { name: 'b', after: [] },
    { name: 'c', after: ['a', 'b'] },
  );
  const { spec } = podOf(task, SETTINGS);
  const flags = (name: string, index: number): string[] => {
    const args = spec.containers[index]?.args ?? [];
    return args.filter((_, at) => args[at - 1] === name);
  };

  it('tells each agent what comes before its step, and mounts that to be read only', () => {
    const after = spec.containers.map((_, index) =>
      flags('--after', index).map((path) => path.replace('/taskflow/run/', '')),
    );
    expect(after).toEqual([[], [], ['1', '2'], ['1', '2', '3'], ['1', '2', '3', '4']]);
    expect(spec.containers.map(({ args = [] }) => args.includes('--first'))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    for (const [index, { volumeMounts = [] }] of spec.containers.entries()) {
      const read = volumeMounts.filter(
        ({ name, readOnly }) => name.startsWith('taskflow-run-') && readOnly === true,
      );
      expect(read.map(({ mountPath }) => mountPath)).toEqual(flags('--after', index));
    }
  });

  it('has the steps of finally last, which run always and have a limit of their own', () => {
    expect(spec.containers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'tell', 'clean']);
    expect(spec.containers.map(({ args = [] }) => args.includes('--always'))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(spec.containers.map((_, index) => flags('--timeout', index))).toEqual([
      [],
      [],
      [],
      ['30s'],
      ['10m'],
    ]);
  });

  it('may live for as long as its steps, those of finally, and a minute', () => {
    expect(spec.activeDeadlineSeconds).toBe(60 + 30 + 600 + 60);
  });

  it('has no field that only a Task knows', () => {
    for (const container of spec.containers)
      expect(Object.keys(container)).not.toEqual(expect.arrayContaining(['after']));
    for (const container of spec.containers)
      expect(Object.keys(container)).not.toEqual(expect.arrayContaining(['always']));
  });
});

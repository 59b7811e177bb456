import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../../shared/task/step-template.ts';
import { type Step, type StepTemplate } from '../../../shared/task/task.ts';

const merged = (stepTemplate: StepTemplate, step: Partial<Step> = {}): object => {
  const [only] = stepsOf({ stepTemplate, steps: [{ name: 'a', ...step }] });
  const { name: _, ...rest } = only ?? { name: '' };
  return rest;
};
const image = 'i';

describe('the step template', () => {
  it.each<[string, StepTemplate, Partial<Step>, object]>([
    ['gives an image', { image }, {}, { image }],
    ['does not replace an image', { image }, { image: 'own' }, { image: 'own' }],
    [
      'gives whole fields, and replaces none',
      {
        image,
        workingDir: '/t',
        securityContext: { runAsUser: 1, runAsGroup: 1 },
        timeout: '1m',
        retries: 1,
      },
      { securityContext: { runAsUser: 2 }, retries: 0 },
      { image, workingDir: '/t', securityContext: { runAsUser: 2 }, timeout: '1m', retries: 0 },
    ],
    [
      'merges env by name: the step’s own in place of the template’s, the others after them',
      {
        image,
        env: [
          { name: 'A', value: 't' },
          { name: 'B', value: '$(A)' },
        ],
      },
      {
        env: [
          { name: 'C', value: 's' },
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'x' } } },
        ],
      },
      {
        image,
        env: [
          { name: 'A', valueFrom: { fieldRef: { fieldPath: 'x' } } },
          { name: 'B', value: '$(A)' },
          { name: 'C', value: 's' },
        ],
      },
    ],
    [
      'merges volumeMounts by mountPath',
      {
        image,
        volumeMounts: [
          { name: 'a', mountPath: '/a' },
          { name: 'b', mountPath: '/b' },
        ],
      },
      { volumeMounts: [{ name: 'c', mountPath: '/b', readOnly: true }] },
      {
        image,
        volumeMounts: [
          { name: 'a', mountPath: '/a' },
          { name: 'c', mountPath: '/b', readOnly: true },
        ],
      },
    ],
    [
      'merges volumeDevices by devicePath',
      { image, volumeDevices: [{ name: 'a', devicePath: '/dev/a' }] },
      { volumeDevices: [{ name: 'b', devicePath: '/dev/b' }] },
      {
        image,
        volumeDevices: [
          { name: 'a', devicePath: '/dev/a' },
          { name: 'b', devicePath: '/dev/b' },
        ],
      },
    ],
    [
      'replaces other lists whole',
      { image, envFrom: [{ prefix: 'T_' }] },
      { envFrom: [{ prefix: 'S_' }] },
      { image, envFrom: [{ prefix: 'S_' }] },
    ],
    [
      'gives a command and args',
      { image, command: ['c'], args: ['a'] },
      {},
      { image, command: ['c'], args: ['a'] },
    ],
    [
      'gives a command to a step that has only args',
      { image, command: ['c'], args: ['a'] },
      { args: ['own'] },
      { image, command: ['c'], args: ['own'] },
    ],
    [
      'gives no args to a command of the step’s own',
      { image, command: ['c'], args: ['a'] },
      { command: ['own'] },
      { image, command: ['own'] },
    ],
    [
      'gives neither to a script',
      { image, command: ['c'], args: ['a'] },
      { script: 'echo' },
      { image, script: 'echo' },
    ],
    [
      'leaves it to the image where the step has an empty command',
      { image, command: ['c'], args: ['a'] },
      { command: [] },
      { image, command: [], args: ['a'] },
    ],
  ])('%s', (_, template, step, result) => expect(merged(template, step)).toEqual(result));

  it('changes nothing of what it is given', () => {
    const spec = {
      stepTemplate: { image, env: [{ name: 'A' }] },
      steps: [{ name: 'a', env: [{ name: 'B' }] }],
    };
    const before = structuredClone(spec);
    expect(stepsOf(spec)).toEqual([{ name: 'a', image, env: [{ name: 'A' }, { name: 'B' }] }]);
    expect(spec).toEqual(before);
  });

  it('that is not there changes nothing', () => {
    const step = { name: 'a', image, env: [{ name: 'A' }], fieldOfALaterKubernetes: 1 };
    expect(stepsOf({ steps: [step] })).toEqual([step]);
    expect(() => stepsOf({ steps: [{ name: 'a' }] })).toThrow('step a has no image');
  });
});

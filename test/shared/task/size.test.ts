import { describe, expect, it } from 'vitest';
import { podOf } from '../../../shared/pod/pod.ts';
import { checkSteps, MAX_POD_BYTES, PodTooLargeError, sizeOf } from '../../../shared/task/size.ts';
import { stepsOf } from '../../../shared/task/step-template.ts';
import type { FoundImage } from '../../../shared/image/found.ts';
import type { Step, StepTemplate, TaskSpec } from '../../../shared/task/task.ts';

const steps = (count: number, step: Partial<Step> = {}): Step[] =>
  Array.from({ length: count }, (_, at) => ({ name: `s${at}`, ...step }));
const text = (kib: number): string => 'x'.repeat(kib * 1024);
const template = (more: Partial<StepTemplate>): StepTemplate => ({ image: 'i', ...more });
/** A list of so many items that is short as text. */
const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `V${at}` }));

describe('the size of what a template makes', () => {
  it.each<[string, Pick<TaskSpec, 'steps' | 'stepTemplate'>, 'fits' | 'too large']>([
    ['no template: a Task is as large as it is', { steps: steps(256, { image: 'i' }) }, 'fits'],
    ['a small template', { steps: steps(256), stepTemplate: template({ env: many(100) }) }, 'fits'],
    [
      '107 KiB, 256 times',
      { steps: steps(256), stepTemplate: template({ env: [{ name: 'A', value: text(107) }] }) },
      'too large',
    ],
    [
      '107 KiB, 20 times',
      { steps: steps(20), stepTemplate: template({ env: [{ name: 'A', value: text(107) }] }) },
      'fits',
    ],
    [
      'a megabyte of args',
      { steps: steps(256), stepTemplate: template({ command: ['a'], args: [text(1000)] }) },
      'too large',
    ],
    [
      'args that no step takes, since each says itself what it runs',
      { steps: steps(256, { command: ['own'] }), stepTemplate: template({ args: [text(1000)] }) },
      'fits',
    ],
    [
      'a variable that each step replaces',
      {
        steps: steps(256, { env: [{ name: 'A', value: '' }] }),
        stepTemplate: template({ env: [{ name: 'A', value: text(100) }] }),
      },
      'fits',
    ],
    [
      'the same beside one that each keeps',
      {
        steps: steps(256, { env: [{ name: 'A', value: '' }] }),
        stepTemplate: template({
          env: [
            { name: 'A', value: text(100) },
            { name: 'B', value: text(13) },
          ],
        }),
      },
      'too large',
    ],
    [
      'a hundred thousand variables beside one of each step',
      {
        steps: steps(256, { env: [{ name: 'A', value: '' }] }),
        stepTemplate: template({ env: many(100_000) }),
      },
      'too large',
    ],
    [
      'any other field',
      { steps: steps(256), stepTemplate: template({ workingDir: `/${text(13)}` }) },
      'too large',
    ],
    [
      'characters of several bytes',
      { steps: steps(256), stepTemplate: template({ workingDir: `/${'ü'.repeat(7 * 1024)}` }) },
      'too large',
    ],
  ])('%s', (_, spec, expected) => {
    if (expected === 'fits') expect(sizeOf(stepsOf(spec))).toBeLessThan(2 * MAX_POD_BYTES);
    else expect(() => stepsOf(spec)).toThrow(PodTooLargeError);
  });

  it('is told with what it is made of, and what to do', () => {
    const spec = { steps: steps(64), stepTemplate: template({ workingDir: `/${text(60)}` }) };
    expect(() => checkSteps(spec.steps, spec.stepTemplate)).toThrow(
      /^the pod would have some \d+ bytes \(stepTemplate 614\d\d, given to 64 steps; the steps themselves \d+\), and an API server takes 3145728; use fewer steps, or /,
    );
  });
});

it('what images say that they run counts too, for each step that leaves it to them', () => {
  const platforms = [{ platform: 'linux/amd64', digest: 'sha256:0', entrypoint: [text(100)], cmd: [] }];
  const found = { image: 'i', pinned: 'i@sha256:0', index: false, platforms } as unknown as FoundImage;
  const task = (count: number) => ({
    apiVersion: 'api.practice.com/v1alpha1' as const,
    kind: 'Task' as const,
    metadata: { name: 'a' },
    spec: { steps: steps(count, { image: 'i' }) },
  });
  const settings = { agentImage: 'agent', images: new Map([['i', found]]) };
  expect(podOf(task(20), settings).spec.containers).toHaveLength(20);
  expect(() => podOf(task(64), settings)).toThrow(PodTooLargeError);
});

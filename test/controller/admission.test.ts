/** Nothing is asked on behalf of a pod that the API server would not have. */
import { expect, it } from 'vitest';
import { MAX_TROUBLE } from '../../controller/decide/trouble.ts';
import { refusal } from '../../controller/refusal.ts';
import { ApiError } from '../../controller/runtime/errors.ts';
import { type Task } from '../../shared/task/task.ts';
import { taskOf } from './builders.ts';
import { control, worldWith } from './harness.ts';

it('no secret is read, and no registry asked, for a Task whose pod would be forbidden', async () => {
  const world = await worldWith();
  control(world);
  const task = await world.apply({
    podTemplate: { serviceAccountName: 'nobody', imagePullSecrets: [{ name: 'secret' }] },
    steps: [{ name: 'a', image: 'registry.invalid/a:1' }],
  });
  const { message } = await world.until(task, 'PodForbidden');
  expect(message).toContain('serviceaccount "nobody" not found');
  const asked = world.server.counts.all().map(({ verb, resource }) => `${verb} ${resource}`);
  expect(asked).toContain('create pods');
  expect(asked).not.toContain('get secrets');
  expect(asked).not.toContain('get serviceaccounts');
  expect(await world.pod(task)).toBeUndefined();
});

it('what is tried out is the pod itself, with all that its steps say', async () => {
  const world = await worldWith();
  control(world);
  const task = await world.apply({
    podTemplate: { securityContext: { runAsNonRoot: true } },
    volumes: [{ name: 'v', emptyDir: {} }],
    steps: [
      {
        name: 'a',
        image: '127.0.0.1:1/a:1',
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
        securityContext: { privileged: true },
        fieldOfNobody: 1,
      } as Task['spec']['steps'][number],
    ],
  });
  const { message } = await world.until(task, 'InvalidPod');
  expect(message).toContain('fieldOfNobody');
  expect(world.server.counts.all().map(({ resource }) => resource)).not.toContain('serviceaccounts');
});

it('the try leaves no pod behind when the image cannot be asked', async () => {
  const world = await worldWith();
  control(world);
  const task = await world.apply({ steps: [{ name: 'a', image: '127.0.0.1:1/a:1' }] });
  await world.until(task, 'ImageLookupFailed');
  expect(await world.pod(task)).toBeUndefined();
});

it('what is kept of a long refusal is short', async () => {
  const told = `pods "a" is forbidden: ${'container "x" must not\n'.repeat(2_000)}`;
  const error = new ApiError({ asked: 'POST pods', status: 403, reason: 'Forbidden', message: told });
  const { message = '' } = (await refusal(error, taskOf())) ?? {};
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(MAX_TROUBLE);
  expect(message).toMatch(/^the API server refuses the pod: pods "a" is forbidden: container.*…$/);
});

import { describe, expect, it } from 'vitest';
import { type Task } from '../../shared/task/task.ts';
import { waitUntil } from '../support/wait-until.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';
import { sh, states } from './steps.ts';

const cluster = useCluster(['--image-pull-patience', '3s']);

describe.concurrent('what goes wrong ends in the status, with the step and what to do', () => {
  const rows: [string, Task['spec'], string, string][] = [
    [
      'out of memory',
      {
        steps: [
          sh('a', 'tail -c 300M /dev/zero | wc -c; sleep 1; exit 1', {
            resources: { limits: { memory: '16Mi' } },
          }),
          sh('b', 'true'),
        ],
      },
      'OOMKilled|StepFailed',
      'step 1 (a)',
    ],
    [
      'an image that is not there',
      { steps: [sh('a', 'true'), sh('b', 'true', { image: 'localhost/no-such-image:1' })] },
      'ErrImageNeverPull|ImagePullBackOff',
      'step 2 (b) cannot start',
    ],
    [
      'an image name that is none',
      { steps: [sh('a', 'sleep 30'), sh('b', 'true', { image: 'not a name' })] },
      'InvalidImageName',
      'step 2 (b) cannot start',
    ],
    [
      'a Secret that is missing',
      {
        steps: [
          sh('a', 'true', { env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'none', key: 'x' } } }] }),
        ],
      },
      'CreateContainerConfigError',
      'step 1 (a) cannot start',
    ],
    [
      'a user that may not be',
      { steps: [sh('a', 'true', { securityContext: { runAsNonRoot: true, runAsUser: 0 } })] },
      'InvalidPod|CreateContainerConfigError',
      '',
    ],
    [
      'a command that does not exist',
      {
        steps: [
          { name: 'a', image: IMAGE, imagePullPolicy: PULL, command: ['no-such-command'] },
          sh('b', 'true'),
        ],
      },
      'CommandNotFound',
      'step 1 (a) failed',
    ],
    [
      'a working directory that cannot be',
      { steps: [sh('a', 'true', { workingDir: '/dev/null/x' })] },
      '',
      'step 1 (a)',
    ],
    [
      'a volume that does not exist',
      {
        timeout: '6s',
        volumes: [{ name: 'v', configMap: { name: 'none' } }],
        steps: [sh('a', 'true', { volumeMounts: [{ name: 'v', mountPath: '/v' }] })],
      },
      'TimedOut',
      'not over within',
    ],
    [
      'a node that is nowhere',
      { timeout: '4s', podTemplate: { nodeSelector: { no: 'where' } }, steps: [sh('a', 'true')] },
      'TimedOut',
      'not over within',
    ],
    [
      'a pod that the API server refuses',
      { podTemplate: { priorityClassName: 'none' }, steps: [sh('a', 'true')] },
      'PodForbidden|InvalidPod',
      'no PriorityClass with name none',
    ],
  ];
  it.each(rows)('%s', async (_, spec, reason, message) => {
    const status = await cluster.ended(await cluster.apply(spec));
    expect(status).toMatchObject({ status: 'Failure' });
    expect(status.reason).toMatch(new RegExp(reason));
    expect(status.message).toContain(message);
    expect(states(status).filter((state) => / (?:Waiting|Running)$/.test(state))).toEqual([]);
  });

  it('shows at once that no node takes the pod', async () => {
    const task = await cluster.apply({
      podTemplate: { nodeSelector: { no: 'where' } },
      steps: [sh('a', 'true')],
    });
    const { status } = await cluster.until(task, 'shows why', ({ reason }) => reason === 'Unschedulable');
    expect(status).toMatchObject({ status: 'Pending' });
    await cluster.change(task, { cancel: true });
    expect(await cluster.ended(task)).toMatchObject({ status: 'Cancelled' });
    await waitUntil('its pod is gone', async () => (await cluster.podOf(task)) === undefined);
  });
});

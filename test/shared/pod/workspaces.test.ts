import { expect, it } from 'vitest';
import { podOf } from '../../../shared/pod/pod.ts';
import { type Task, taskSchema } from '../../../shared/task/task.ts';

const podSpec = (spec: object) => {
  const task: Task = taskSchema.parse({
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: 't' },
    spec: {
      ...spec,
      steps: [{ name: 'a', image: 'i', command: ['x'] }, ...((spec as Task['spec']).steps ?? [])],
    },
  });
  return podOf(task, { agentImage: 'agent' }).spec;
};
const own = ({ name }: { name: string }): boolean => name.startsWith('taskflow-ws-');

it('makes a volume of each workspace that is bound', () => {
  const { volumes } = podSpec({
    workspaces: [
      { name: 'plain' },
      { name: 'claim', description: 'x', persistentVolumeClaim: { claimName: 'c' } },
      { name: 'none', optional: true },
      { name: 'maybe', optional: true, secret: { secretName: 's' } },
      { name: 'map', optional: true, configMap: { name: 'c', items: [] } },
      { name: 'read', readOnly: true, nfs: { server: 's', path: '/' } },
    ],
  });
  expect(volumes.filter(own)).toEqual([
    { name: 'taskflow-ws-plain', emptyDir: {} },
    { name: 'taskflow-ws-claim', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'taskflow-ws-maybe', secret: { secretName: 's', optional: true } },
    { name: 'taskflow-ws-map', configMap: { name: 'c', items: [], optional: true } },
    { name: 'taskflow-ws-read', nfs: { server: 's', path: '/' } },
  ]);
});

it('mounts all of them in every step and sidecar, or those that it lists', () => {
  const { containers, initContainers = [] } = podSpec({
    params: [{ name: 'at', value: 'cache' }],
    workspaces: [
      { name: 'one' },
      { name: 'two', mountPath: '/$(params.at)', readOnly: true },
      { name: 'no', optional: true },
    ],
    sidecars: [{ name: 's', image: 'i' }],
    steps: [
      { name: 'b', image: 'i', command: ['x'], workspaces: [] },
      {
        name: 'c',
        image: 'i',
        command: ['x'],
        workspaces: [{ name: 'one', subPath: 'x/$(params.at)', readOnly: true }, { name: 'no' }],
      },
    ],
  });
  const all = [
    { name: 'taskflow-ws-one', mountPath: '/workspace/one' },
    { name: 'taskflow-ws-two', mountPath: '/cache', readOnly: true },
  ];
  const mounts = [...initContainers.slice(1), ...containers].map(({ volumeMounts = [] }) =>
    volumeMounts.filter(own),
  );
  expect(mounts).toEqual([
    all,
    all,
    [],
    [{ name: 'taskflow-ws-one', mountPath: '/workspace/one', readOnly: true, subPath: 'x/cache' }],
  ]);
  expect(JSON.stringify(containers)).not.toContain('"workspaces"');
});

it('tells the agent what a step says about its output and its end, byte for byte', () => {
  const { containers } = podSpec({
    workspaces: [{ name: 'w' }],
    steps: [
      {
        name: 'b',
        image: 'i',
        command: ['x'],
        workingDir: '$(workspaces.w.path)/$x$(HOME)',
        stdout: { path: '$(workspaces.w.path)/o$$' },
        stderr: { path: '/e' },
        gracePeriod: '5s',
        retries: 1,
        retryDelay: '2s',
      },
    ],
  });
  const { args = [], ...container } = containers[1] ?? {};
  const after = (flag: string): string | undefined => args[args.indexOf(flag) + 1];
  // As the kubelet is to be told: it makes one of two "$".
  expect(after('--workdir')).toBe('/workspace/w/$$x$$(HOME)');
  expect(after('--out')).toBe('/workspace/w/o$$$$');
  expect([after('--err'), after('--grace'), after('--retry-delay')]).toEqual(['/e', '5s', '2s']);
  for (const field of ['stdout', 'stderr', 'gracePeriod', 'retryDelay', 'workingDir'])
    expect(container).not.toHaveProperty(field);
});

/** Values of params arrive byte for byte in a pod, and a pod and a laptop do the same with one manifest. */
import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { type RunEvent } from '../../cli/run/events.ts';
import { taskflow } from '../support/cli.ts';
import { IMAGE, PULL } from './cluster-images.ts';
import { useCluster } from './cluster.ts';

const cluster = useCluster();

const ODD = [
  '',
  '"a" \'b\'',
  'two\nlines\n',
  '$(params.odd) $(HOME) $$ $x `id` \\',
  '🎉 é',
  'x'.repeat(100_000),
];
const SUM = 'for each; do printf %s "$each" | sha256sum; done';
const item = (index: number): string => `$(params.odd[${index}])`;

const spec = {
  params: [{ name: 'odd', value: ODD }],
  workspaces: [{ name: 'source' }, { name: 'none', optional: true }],
  stepTemplate: { image: IMAGE, imagePullPolicy: PULL },
  steps: [
    { name: 'argv', command: ['sh', '-c', SUM, 'sh'], args: ['$(params.odd[*])'] },
    {
      name: 'env',
      command: ['sh', '-c', ODD.map((_, index) => `printf %s "$V${index}" | sha256sum`).join('; ')],
      env: ODD.map((_, index) => ({ name: `V${index}`, value: item(index) })),
    },
    {
      name: 'script',
      results: ['sum'],
      script: `cat >"$(workspaces.source.path)/all" <<'END'\n${ODD.map((_, index) => item(index)).join('|')}\nEND\nmkdir "$(workspaces.source.path)/app"\nsha256sum <"$(workspaces.source.path)/all" >"$(results.sum.path)"\n`,
    },
    {
      name: 'read',
      workingDir: '$(workspaces.source.path)/app',
      env: [{ name: 'SUM', value: '<$(steps.script.results.sum)>' }],
      command: [
        'sh',
        '-c',
        'sha256sum <../all; echo "$SUM $0 $(workspaces.none.bound)"',
        '$(SUM)/$(steps.env.exitCode)',
      ],
    },
    {
      name: 'omitted',
      when: [{ input: '$(steps.script.outcome)', operator: 'notin' as const, values: ['Succeeded'] }],
      command: ['false'],
    },
  ],
  finally: [{ name: 'tell', command: ['echo', '$(outcome) $(steps.omitted.outcome)'] }],
  results: [{ name: 'sum', value: '$(steps.script.results.sum)' }],
};

it('a Task with params, workspaces, results and conditions does the same in a cluster and on a laptop', async () => {
  const created = await cluster.apply(spec);
  const status = await cluster.ended(created);
  const { apiVersion, kind, metadata } = created;
  const input = JSON.stringify({ apiVersion, kind, metadata: { name: metadata.name }, spec });
  const { stdout } = await taskflow(['run', '-o', 'json', '-'], { input });
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
  const finished = events.filter((event) => event.type === 'StepFinished');
  expect(status.steps).toMatchObject(finished.map(({ step, outcome }) => ({ name: step, state: outcome })));
  expect(status).toMatchObject({ status: 'Successful' });
  expect(status.results).toEqual(events.find((event) => event.type === 'TaskFinished')?.results);
  const pod = (await cluster.podOf(created))?.metadata.name ?? '';
  for (const { name } of [...spec.steps, ...spec.finally]) {
    const local = events.filter((event) => event.type === 'Log').filter(({ step }) => step === name);
    const logs = await execa('kubectl', ['logs', pod, '-c', name, '--namespace', cluster.namespace]);
    const printed = logs.stdout.split('\n').filter((line) => line !== '');
    expect({ name, printed }).toEqual({ name, printed: local.map(({ line }) => line) });
    if (name !== 'argv' && name !== 'env') continue;
    expect(printed).toEqual(ODD.map((value) => `${createHash('sha256').update(value).digest('hex')}  -`));
  }
});

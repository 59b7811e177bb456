import { describe, expect, it } from 'vitest';
import { agentArguments, outcomeBytes } from '../../../shared/pod/step-command.ts';
import type { Step } from '../../../shared/task/task.ts';
import { parseFill, type Fill } from '../../../shared/turn/fill.ts';

describe('the arguments of an agent', () => {
  const files = { order: '/o/order', gate: '/o/gate', before: [], own: '/run/3' };

  it('have all that a step says, its command last', () => {
    const step = {
      name: 'publish',
      always: true,
      timeout: '10m',
      gracePeriod: '5s',
      onError: 'continue',
      retries: 2,
      retryDelay: '3s',
      stdout: { path: '/logs/out' },
      stderr: { path: '/logs/err' },
      results: ['digest'],
      workingDir: '/src',
    } as const;
    const all = {
      ...files,
      over: '/o/over',
      before: ['/run/1', '/run/2'],
      terminationLog: '/dev/end',
      outcomeBytes: 1228,
    };
    const fill: Fill = { argv: [0, [{ run: '/run/1', of: 'outcome' }]] };
    expect(agentArguments(step, 3, all, { argv: ['echo', '--first'], fill })).toEqual([
      ...['--wait', '/o/order', '--waitcontent', '3', '--gate', '/o/gate', '--over', '/o/over'],
      ...['--after', '/run/1', '--after', '/run/2', '--always', '--post', '/run/3', '--step', 'publish'],
      ...['--workdir', '/src', '--termination-log', '/dev/end', '--timeout', '10m', '--grace', '5s'],
      ...['--on-error', 'continue', '--retries', '2', '--retry-delay', '3s'],
      ...[
        '--out',
        '/logs/out',
        '--err',
        '/logs/err',
        '--results',
        '/run/3/results',
        '--outcome-bytes',
        '1228',
      ],
      ...['--fill', '{"argv":[0,[{"run":"/run/1","of":"outcome"}]]}', '--command', 'echo', '--first'],
    ]);
  });

  it.each<[string, Step['pause'], string[]]>([
    ['nowhere', [], []],
    ['before its command', ['Before'], ['--pause-before', '--resume', '/o/resume']],
    ['after its command', ['After'], ['--pause-after', 'always', '--resume', '/o/resume']],
    ['after a failure', ['OnFailure'], ['--pause-after', 'failure', '--resume', '/o/resume']],
    [
      'everywhere, where one hold after the command is enough',
      ['OnFailure', 'After', 'Before'],
      ['--pause-before', '--pause-after', 'always', '--resume', '/o/resume'],
    ],
  ])('say that a step is held %s', (_, pause, expected) => {
    const args = agentArguments({ name: 'a', pause }, 1, { ...files, resume: '/o/resume' }, { argv: ['x'] });
    expect(args.slice(args.indexOf('a') + 1, -2)).toEqual(expected);
  });

  it.each([
    [1, 4096],
    [3, 4096],
    [4, 3072],
    [10, 1228],
    [257, 47],
  ])('say of %i containers that the kubelet keeps %i bytes of each message', (containers, bytes) => {
    expect(outcomeBytes(containers)).toBe(bytes);
  });

  it('hold nothing that a kubelet replaces, whatever a variable is called', () => {
    const fill: Fill = { env: { '$(HOME)': [0] } };
    const args = agentArguments({ name: 'a' }, 1, files, { argv: ['x'], fill });
    const json = args[args.indexOf('--fill') + 1] ?? '';
    expect(json).not.toContain('$');
    expect(parseFill(json, 1)).toEqual(fill);
  });
});

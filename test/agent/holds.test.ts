import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ResumeAction } from '../../shared/turn/resume.ts';
import { agents, localAgents, type Agent } from '../support/agents.ts';
import { hear } from '../support/hear.ts';
import { PodFiles } from '../support/pod-files.ts';
import { outcomeIn, runAgent, startAgent } from '../support/run-agent.ts';
import { waitUntil } from '../support/wait-until.ts';

const BEFORE = ['--pause-before'];
const AFTER = ['--pause-after', 'always'];
const ON_FAILURE = ['--pause-after', 'failure'];

/** The first step of a pod of two, held as the flags say. */
async function holding(agent: Agent, flags: readonly string[], command: readonly string[]) {
  const pod = await PodFiles.make(2);
  const args = [...pod.flags(1, []), ...flags, '--', ...command];
  const running = startAgent(agent, args, { lifeline: flags.includes('--lifeline') });
  const said = hear(running.stderr);
  const isHeld = async (number = 1) => {
    const is = (await pod.held(1)) as { number: number } | undefined;
    return is?.number === number ? is : undefined;
  };
  return { pod, running, said, held: (number?: number) => waitUntil('it is held', () => isHeld(number)) };
}

const sh = (script: string): string[] => ['sh', '-c', script];

describe.each(agents)('a hold of the $name before the command', (agent) => {
  it.each<[ResumeAction, string, number, object]>([
    ['Continue', 'ran\n', 0, { outcome: 'Succeeded', attempts: 1 }],
    ['Retry', 'ran\n', 0, { outcome: 'Succeeded', attempts: 1 }],
    ['Skip', '', 0, { outcome: 'Omitted', attempts: 0, reason: 'SkippedByResume' }],
    ['Fail', '', 1, { outcome: 'Failed', exitCode: 1, attempts: 0, reason: 'FailedByResume' }],
  ])('ends at %s', async (action, stdout, exitCode, outcome) => {
    const { pod, running, held } = await holding(agent, BEFORE, ['echo', 'ran']);
    expect(await held()).toEqual({
      number: 1,
      kind: 'Before',
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    await pod.resume(1, action);
    const seen = await running;
    expect(seen).toMatchObject({ stdout, exitCode });
    expect(seen.stderr).toBe('taskflow-agent: held before its command, until a Resume says how it goes on\n');
    expect(await outcomeIn(pod.run(1))).toMatchObject(outcome);
    expect(await readdir(pod.run(1))).toEqual(['outcome.json']);

    const next = [...pod.flags(2, [1]), '--', 'true'];
    expect(await runAgent(agent, next)).toMatchObject({ exitCode: action === 'Fail' ? 121 : 0 });
  });

  it.each<[string, string[], (of: Awaited<ReturnType<typeof holding>>) => unknown, object]>([
    ['the quit order', [], ({ pod }) => pod.write({ order: '-1' }), { reason: 'Cancelled' }],
    ['SIGTERM', [], ({ running }) => running.kill('SIGTERM'), { reason: 'Signaled', signal: 'SIGTERM' }],
    [
      'the end of the run that started it',
      ['--lifeline', '3'],
      ({ running }) => running.nodeChildProcess.stdio[3]?.destroy(),
      { reason: 'RunGone' },
    ],
  ])('ends at %s, and the command never starts', async (_, flags, end, outcome) => {
    const step = await holding(agent, [...BEFORE, ...flags], ['echo', 'ran']);
    await step.held();
    await end(step);
    expect(await step.running).toMatchObject({ exitCode: 122, stdout: '' });
    expect(await outcomeIn(step.pod.run(1))).toMatchObject({ outcome: 'Cancelled', ...outcome });
    expect(await readdir(step.pod.run(1))).toEqual(['outcome.json']);
  });

  it('does not keep a step of finally from running once the Task is cancelled', async () => {
    const pod = await PodFiles.make(2);
    await pod.post(1);
    const running = startAgent(agent, [...pod.flags(2, [1]), '--always', ...BEFORE, '--', 'echo', 'ran']);
    await waitUntil('it is held', () => pod.held(2));
    await pod.write({ order: '-1' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('is none of a step that a condition omits, or an earlier one stops', async () => {
    const pod = await PodFiles.make(2);
    const fill = '{"when":[{"input":[1],"operator":"in","values":[[2]]}],"argv":[0]}';
    const args = [...pod.flags(1, []), ...BEFORE, '--fill', fill, '--', 'echo', 'no', 'yes'];
    expect(await runAgent(agent, args)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    await pod.post(1, { outcome: 'Failed', exitCode: 3 });
    const skipped = await runAgent(agent, [...pod.flags(2, [1]), ...BEFORE, '--', 'true']);
    expect(skipped).toMatchObject({ exitCode: 121, stderr: '' });
  });

  it('is begun when the turn has come, and not before', async () => {
    const pod = await PodFiles.make(2);
    const running = startAgent(agent, [...pod.flags(2, [1]), ...BEFORE, '--', 'echo', 'ran']);
    await pod.resume(1, 'Continue');
    await pod.post(1);
    await waitUntil('it is held', () => pod.held(2));
    await pod.resume(2, 'Continue');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });
});

describe.each(localAgents)('a hold of the $name after the command', (agent) => {
  it.each<[string, string[], number, ResumeAction, number, object]>([
    ['a failure goes on', AFTER, 7, 'Continue', 7, { outcome: 'Failed', exitCode: 7, reason: 'Error' }],
    ['a success goes on', AFTER, 0, 'Continue', 0, { outcome: 'Succeeded', reason: 'Completed' }],
    [
      'a failure is let pass',
      ON_FAILURE,
      7,
      'Skip',
      0,
      { outcome: 'Continued', exitCode: 7, reason: 'SkippedByResume' },
    ],
    ['a success stays one', AFTER, 0, 'Skip', 0, { outcome: 'Succeeded', reason: 'Completed' }],
    [
      'a success is made a failure',
      AFTER,
      0,
      'Fail',
      1,
      { outcome: 'Failed', exitCode: 1, reason: 'FailedByResume' },
    ],
    [
      'a failure keeps its code',
      ON_FAILURE,
      7,
      'Fail',
      7,
      { outcome: 'Failed', exitCode: 7, reason: 'FailedByResume' },
    ],
    [
      'a failure that is allowed goes on',
      [...ON_FAILURE, '--on-error', 'continue'],
      7,
      'Continue',
      0,
      { outcome: 'Continued', exitCode: 7, reason: 'Error' },
    ],
    [
      'a person’s word counts more than --on-error',
      [...ON_FAILURE, '--on-error', 'continue'],
      7,
      'Fail',
      7,
      { outcome: 'Failed', exitCode: 7, reason: 'FailedByResume' },
    ],
  ])('%s: %s, exit code %i, %s', async (_, flags, code, action, exitCode, outcome) => {
    const { pod, running, held } = await holding(agent, flags, sh(`exit ${code}`));
    expect(await held()).toMatchObject({ number: 1, kind: flags.includes('always') ? 'After' : 'OnFailure' });
    await pod.resume(1, action);
    expect(await running).toMatchObject({ exitCode });
    expect(await outcomeIn(pod.run(1))).toMatchObject(outcome);
    expect(await readdir(pod.run(1))).toEqual(['outcome.json']);
  });

  it('runs the command again at Retry, its retries and results anew, and holds again', async () => {
    const pod = await PodFiles.make(1);
    const results = join(pod.run(1), 'results');
    const script = `echo x >>"$1/tries"; n=$(wc -l <"$1/tries"); mkdir -p "$TASKFLOW_RESULTS/of-$n"; rmdir "$TASKFLOW_RESULTS/of-$n"
echo $n >"$TASKFLOW_RESULTS/try-$n"; [ $n -ge 5 ]`;
    const flags = [...pod.flags(1, []), ...BEFORE, ...ON_FAILURE, '--results', results];
    const retries = ['--retries', '1', '--retry-delay', '1ms'];
    const running = startAgent(agent, [...flags, ...retries, '--', ...sh(script), 'sh', pod.directory]);
    const kinds: unknown[] = [];
    const told: ResumeAction[] = [];
    for (const action of ['Continue', 'Retry', 'Retry'] as const) {
      const number = told.length + 1;
      const isNext = async () => {
        const hold = (await pod.held(1)) as { number: number; kind: string } | undefined;
        return hold?.number === number ? hold : undefined;
      };
      kinds.push((await waitUntil('it is held', isNext)).kind);
      told.push(action);
      await pod.resume(1, ...told);
    }
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(kinds).toEqual(['Before', 'OnFailure', 'OnFailure']);
    expect(await outcomeIn(pod.run(1))).toMatchObject({
      outcome: 'Succeeded',
      attempts: 5,
      message: 'exit code 0, attempt 5',
      // Of the fifth attempt alone: the two before it were other goes.
      results: { 'try-5': '5' },
    });
  });

  it('ends what the command left behind only once it is over', async () => {
    const { pod, running, held } = await holding(agent, AFTER, sh('sleep 300 >/dev/null 2>&1 & echo $!'));
    const heard = hear(running.stdout);
    await held();
    const pid = Number(await waitUntil('it is known', () => heard().trim()));
    expect(await readFile(`/proc/${pid}/stat`, 'utf8')).not.toContain(' Z ');
    await pod.resume(1, 'Continue');
    expect(await running).toMatchObject({ exitCode: 0 });
    await waitUntil('it is gone', () =>
      readFile(`/proc/${pid}/stat`).then(
        () => false,
        () => true,
      ),
    );
  });

  it('does not count for the timeout, which begins anew at Retry', async () => {
    const pod = await PodFiles.make(1);
    const script = 'echo x >>"$1/tries"; [ $(wc -l <"$1/tries") = 2 ] || exec sleep 300';
    const flags = [...pod.flags(1, []), ...BEFORE, ...ON_FAILURE, '--timeout', '1500ms', '--grace', '0s'];
    const running = startAgent(agent, [...flags, '--', ...sh(script), 'sh', pod.directory]);
    const overdue = (number: number) => async () => {
      const hold = (await pod.held(1)) as { number: number; since: string } | undefined;
      return hold?.number === number && Date.now() - Date.parse(hold.since) > 1500;
    };
    await waitUntil('it is held for longer than its timeout', overdue(1));
    await pod.resume(1, 'Continue');
    await waitUntil('it is held again', overdue(2));
    await pod.resume(1, 'Continue', 'Retry');
    expect(await running).toMatchObject({ exitCode: 0 });
    expect(await outcomeIn(pod.run(1))).toMatchObject({ outcome: 'Succeeded', attempts: 2 });
  });
});

describe.each(localAgents)('what holds of the $name are told', (agent) => {
  it('may be there before them: then nothing is held', async () => {
    const pod = await PodFiles.make(1);
    await pod.resume(1, 'Continue', 'Retry', 'Skip');
    const args = [...pod.flags(1, []), ...BEFORE, ...AFTER, '--', ...sh('exit 7')];
    expect(await runAgent(agent, args)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await outcomeIn(pod.run(1))).toMatchObject({ outcome: 'Continued', exitCode: 7, attempts: 2 });
  });

  it('is for one hold each, and for no other step', async () => {
    const { pod, running, held } = await holding(agent, [...BEFORE, ...AFTER], ['true']);
    await held(1);
    await pod.resume(2, 'Fail');
    await pod.resume(1, 'Continue');
    await held(2);
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await pod.resume(1, 'Continue', 'Fail');
    expect(await running).toMatchObject({ exitCode: 1 });
  });

  it('is complained of where it makes no sense, and then lets nothing go on', async () => {
    const { pod, running, said, held } = await holding(agent, BEFORE, ['echo', 'ran']);
    await held();
    await pod.write({ resume: '{"steps":{"1":[{"action":"Go","by":"test"}]}}' });
    await waitUntil('it complains', () =>
      said().includes('none of Continue, Retry, Skip, Fail; it lets nothing'),
    );
    expect(running.nodeChildProcess.exitCode).toBeNull();
    await pod.resume(1, 'Continue');
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });

  it('is not the order, which of a graph may release a later step', async () => {
    const { pod, running, held } = await holding(agent, AFTER, ['true']);
    await held();
    await pod.write({ order: '2' });
    // Looked at later than the order is.
    await pod.resume(1, 'Fail');
    expect(await running).toMatchObject({ exitCode: 1 });
  });

  it('is the order where no Resume can come', async () => {
    const pod = await PodFiles.make(1, { order: '1' });
    const flags = [
      '--wait',
      join(pod.directory, 'podinfo/order'),
      '--waitcontent',
      '1',
      '--post',
      pod.run(1),
    ];
    const running = startAgent(agent, [...flags, ...BEFORE, '--', 'echo', 'ran']);
    await waitUntil('it is held', () => pod.held(1));
    await pod.write({ order: '2' });
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'ran\n' });
  });
});

describe.each(agents)('the probe of the $name', (agent) => {
  const none = (): string => '';
  const answer = async (post: string) => (await startAgent(agent, ['held', '--post', post])).exitCode;

  it('answers once the step is held, and once it is no more', async () => {
    const { pod, running, held } = await holding(agent, BEFORE, sh('exec sleep 300'));
    await held();
    expect(await answer(pod.run(1))).toBe(0);
    const next = startAgent(agent, ['held', '--post', pod.run(1)]);
    await waitUntil('it asks', async () => (await readFile(join(pod.run(1), 'probe'), 'utf8')) === 'asked');
    expect(next.nodeChildProcess.exitCode).toBeNull();
    await pod.resume(1, 'Continue');
    expect(await next).toMatchObject({ exitCode: 1, stdout: '', stderr: '' });
    running.kill('SIGTERM');
    await running;
  });

  it('waits where nothing is held, until something is', async () => {
    const pod = await PodFiles.make(1);
    const first = startAgent(agent, ['held', '--post', pod.run(1)]);
    await waitUntil('it asks', () => readFile(join(pod.run(1), 'probe'), 'utf8').catch(() => ''));
    const running = startAgent(agent, [...pod.flags(1, []), ...BEFORE, '--', 'true']);
    expect(await first).toMatchObject({ exitCode: 0 });
    await pod.resume(1, 'Continue');
    expect(await running).toMatchObject({ exitCode: 0 });
  });

  it.each<[string, () => string, boolean, number | 'waits']>([
    ['the first, while nothing is held', none, false, 'waits'],
    ['the first, while it is held', none, true, 0],
    ['after one that said so already', () => `1 ${Date.now()}`, true, 'waits'],
    ['after one that said something else', () => `0 ${Date.now() - 2000}`, true, 0],
    ['after one of an earlier hold, whose end nobody saw', () => `2 ${Date.now()}`, true, 1],
    ['right after one that said that it is over', () => `0 ${Date.now()}`, true, 0],
    ['after one that another kubelet heard long ago', () => '1 1700000000000', true, 0],
    ['the same, while nothing is held', () => '0 1700000000000', false, 1],
    ['after one that comes from the future', () => `0 ${Date.now() + 60_000}`, false, 1],
    ['beside one that a kubelet asked that is gone', () => 'asked', true, 0],
    ['the same, while nothing is held', () => 'asked', false, 1],
    ['after what no probe wrote', () => 'x'.repeat(100_000), false, 1],
  ])('says what is new to whoever asks: %s', async (_, note, isHeld, says) => {
    const pod = await PodFiles.make(1);
    const write = (name: string, text: string) => writeFile(join(pod.run(1), name), text);
    if (isHeld) await write('held', '{"number":1,"kind":"After"}');
    if (note() !== '') await write('probe', note());
    const probe = startAgent(agent, ['held', '--post', pod.run(1)]);
    if (says === 'waits') {
      await waitUntil(
        'it asks',
        async () => (await readFile(join(pod.run(1), 'probe'), 'utf8').catch(() => '')) === 'asked',
      );
      expect(probe.nodeChildProcess.exitCode).toBeNull();
      // As containers end it.
      probe.kill('SIGTERM');
      expect(await probe).toMatchObject({ exitCode: 143 });
    } else expect(await probe).toMatchObject({ exitCode: says });
  });

  it.each([[['held']], [['held', '--post', '/run', '--step', 'a']], [['held', '/run', '--post', '/run']]])(
    'needs the run directory, and nothing else: %j',
    async (args) => {
      const seen = await runAgent(agent, args);
      expect(seen).toMatchObject({ exitCode: 125, stderr: 'taskflow-agent: write: held --post DIR\n' });
    },
  );
});

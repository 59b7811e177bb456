import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Bell } from '../../agent/bell.ts';
import { type Clock } from '../../agent/platform.ts';
import { runStep } from '../../agent/step.ts';
import { agents } from '../support/agents.ts';
import { outcomeIn, startAgent } from '../support/run-agent.ts';
import { openScratch, startedBy, STRANGER } from '../support/surroundings.ts';
import { waitUntil } from '../support/wait-until.ts';
import { need } from './builds.ts';

/** Becomes another user, whom its parent may not send signals to, and ends by itself long after the test. */
const AS_STRANGER = [
  'setpriv',
  `--reuid=${STRANGER}`,
  'sh',
  '-c',
  'echo $$ >"$1/ready"; exec sleep 60 >/dev/null 2>&1',
  'sh',
];

describe.each(agents)('a command that the $name may not end', (agent) => {
  const unable = startedBy(agent, 'setpriv', '--bounding-set=-kill', '--inh-caps=-kill', 'env');
  const step = async (...flags: string[]) => {
    const directory = await openScratch();
    const shared = startedBy(unable, 'sh', '-c', 'chmod 777 "$0"; exec "$@"', directory);
    const running = startAgent(shared, ['--post', directory, ...flags, '--', ...AS_STRANGER, directory]);
    const ready = () =>
      waitUntil('the command runs', () => readFile(join(directory, 'ready'), 'utf8').catch(() => ''));
    onTestFinished(async () => void process.kill(Number(await ready()), 'SIGKILL'));
    return { directory, running, ready };
  };

  it('is left, and that is said, when its timeout and its grace are over', async (test) => {
    await need(test, { machine: ['root'] });
    const { directory, running } = await step('--timeout', '500ms', '--grace', '100ms', '--retries', '3');
    const seen = await running;
    expect(seen).toMatchObject({ exitCode: 124 });
    expect(seen.stderr).toBe(
      'taskflow-agent: timed out; the command cannot be ended: it may not be sent SIGKILL (EPERM)\n',
    );
    expect(await outcomeIn(directory)).toMatchObject({
      outcome: 'TimedOut',
      reason: 'DeadlineExceeded',
      attempts: 1,
    });
  });

  it('is left at once when a signal that asks for an end may not be passed on', async (test) => {
    await need(test, { machine: ['root'] });
    const { directory, running, ready } = await step();
    await ready();
    running.kill('SIGTERM');
    const seen = await running;
    expect(seen).toMatchObject({ exitCode: 137 });
    expect(seen.stderr).toContain('it may not be sent SIGTERM (EPERM)');
    expect(await outcomeIn(directory)).toMatchObject({ outcome: 'Failed', reason: 'CommandNotEnded' });
  });
});

describe('a command that does not go after SIGKILL', () => {
  it('is left after half a minute', async () => {
    let now = 0;
    const sent: number[] = [];
    const clock: Clock = {
      now: () => now,
      elapsed: () => now,
      timer(ms, ring) {
        now += ms;
        queueMicrotask(ring);
        return () => undefined;
      },
    };
    const running = {
      exit: () => undefined,
      drained: () => false,
      flow: () => ({ moved: 0, left: 0 }),
      losses: () => [],
      signal: (signal: number) => sent.push(signal) > 0,
    };
    const limits = { timeout: 1_000, grace: 500, retries: 3, retryDelay: 0 };
    const ended = await runStep(() => running, limits, {
      bell: new Bell(clock),
      clock,
      stop: () => undefined,
      nextSignal: () => undefined,
      ending: () => false,
      killRest: () => false,
      poll: () => 5_000,
    });
    expect(ended).toMatchObject({ exit: { kind: 'unstoppable' }, stopped: 'TimedOut', attempts: 1 });
    expect(now).toBe(31_500);
    expect(new Set(sent)).toEqual(new Set([15, 9]));
  });
});

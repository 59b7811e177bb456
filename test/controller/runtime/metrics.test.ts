import { describe, expect, it } from 'vitest';
import { Metrics } from '../../../controller/runtime/metrics.ts';

function metricsOf(tasks: readonly (readonly [string, number])[] = [], leading = false): Metrics {
  const queue = { size: 3, delayed: 4, retried: 5 };
  return new Metrics({ queue, tasks: () => tasks, leading: () => leading, leftOut: () => [['tasks', 3]] });
}

/** The lines of one metric. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  const { text } = await metrics.page();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('metrics', () => {
  it.each<[string, string]>([
    ['the queue', 'taskflow_queue_depth 3'],
    ['the keys that wait', 'taskflow_queue_delayed 4'],
    ['the retries', 'taskflow_queue_retries_total 5'],
    ['the leader', 'taskflow_leader 1'],
    ['the Tasks', 'taskflow_tasks{status="Running"} 2'],
    ['what is not kept', 'taskflow_objects_left_out{resource="tasks"} 3'],
  ])('read %s when they are asked', async (_, line) => {
    const metrics = metricsOf([['Running', 2]], true);
    await metrics.page();
    expect(await linesOf(metrics, line.replace(/ .*/, ''))).toEqual([line]);
  });

  it.each<[string, (metrics: Metrics) => void, string]>([
    [
      'looks',
      (metrics) => metrics.reconciled('error', 0.02),
      'taskflow_reconcile_duration_seconds_sum{result="error"} 0.02',
    ],
    [
      'requests',
      ({ requested }) => requested({ verb: 'patch', resource: 'tasks/status', code: 409, seconds: 2 }),
      'taskflow_api_requests_total{verb="patch",resource="tasks/status",code="409"} 1',
    ],
    [
      'how long requests took',
      ({ requested }) => requested({ verb: 'get', resource: 'pods', code: 'error', seconds: 2 }),
      'taskflow_api_request_duration_seconds_sum{verb="get",resource="pods"} 2',
    ],
    [
      'steps',
      (metrics) => metrics.stepEnded('TimedOut', 30),
      'taskflow_step_duration_seconds_bucket{le="30",outcome="TimedOut"} 1',
    ],
    [
      'hand-offs',
      (metrics) => metrics.handedOff(0.0015),
      'taskflow_hand_off_duration_seconds_bucket{le="0.002"} 1',
    ],
    [
      'Tasks that ended',
      (metrics) => metrics.taskEnded('Successful', 7),
      'taskflow_task_duration_seconds_count{status="Successful"} 1',
    ],
    [
      'lookups',
      (metrics) => metrics.imageLookedUp('cache'),
      'taskflow_image_lookups_total{result="cache"} 1',
    ],
    [
      'watches',
      (metrics) => metrics.watchRestarted('pods', 'Expired'),
      'taskflow_watch_restarts_total{resource="pods",reason="Expired"} 1',
    ],
  ])('count %s', async (_, report, line) => {
    const metrics = metricsOf();
    report(metrics);
    expect(await linesOf(metrics, line.replace(/\{.*/, ''))).toContain(line);
  });

  it('begin failures at zero, so that the first one is a rise', async () => {
    expect(await linesOf(metricsOf(), 'taskflow_reconcile_duration_seconds_count')).toEqual([
      'taskflow_reconcile_duration_seconds_count{result="success"} 0',
      'taskflow_reconcile_duration_seconds_count{result="error"} 0',
    ]);
  });

  it('have few series, whatever is reported', async () => {
    const metrics = metricsOf(Array.from({ length: 100 }, (_, index) => [`status ${index}`, 1]));
    for (let index = 0; index < 1_000; index++) {
      metrics.taskEnded(`status ${index}`, 1);
      metrics.imageLookedUp(`result ${index}`);
      metrics.watchRestarted(`resource ${index}`, `reason ${index}`);
    }
    const { text } = await metrics.page();
    expect(text.split('\n').length).toBeLessThan(1_000);
    expect(text).toContain('taskflow_tasks{status="other"} 90');
    expect(text).toContain('taskflow_image_lookups_total{result="other"} 980');
  });

  it('tell what the process uses', async () => {
    const metrics = metricsOf();
    const value = async (name: string) => Number((await linesOf(metrics, `${name} `))[0]?.split(' ')[1]);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(await value('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(await value('process_open_fds')).toBeGreaterThan(3);
    const started = await value('process_start_time_seconds');
    expect(Math.abs(started + process.uptime() - Date.now() / 1000)).toBeLessThan(60);
  });

  it('of two controllers in one process are two', async () => {
    const [one, two] = [metricsOf(), metricsOf()];
    one.handedOff(1);
    expect(await linesOf(two, 'taskflow_hand_off_duration_seconds_count')).toEqual([
      'taskflow_hand_off_duration_seconds_count 0',
    ]);
    expect((await one.page()).type).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('have names and help by the rules', async () => {
    const { text } = await metricsOf().page();
    const described = [...text.matchAll(/^# HELP (\S+) (.*)$/gm)];
    const typed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    expect(described).toHaveLength(typed.length);
    for (const [, name = '', type] of typed) {
      expect(name).toMatch(/^(taskflow|process)_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});

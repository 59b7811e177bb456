/** What it costs that a command runs under an agent: memory, and the time that its output takes. */
import { readFile, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agents, type Command } from './harness/agents.ts';
import { withPlace, type Place, type Started } from './harness/place.ts';
import { memory } from './harness/proc.ts';
import { type Row } from './harness/row.ts';
import { now } from './harness/time.ts';

const MIB = 1024 * 1024;
const BYTES = 1024 * MIB;
const ROUNDS = 5;
const MEMORY = '/dev/shm';

export async function running(): Promise<Row[]> {
  const asleep = await withPlace(whileAsleep);
  const rows: Row[] = [
    {
      what: 'RSS while the command runs, static',
      unit: 'bytes',
      samples: asleep.static,
      than: { what: 'a Node agent', samples: asleep.node },
      budgets: [{ of: 'median', atMost: MIB }],
    },
  ];
  const { bavail, bsize } = await statfs(MEMORY).catch(() => ({ bavail: 0, bsize: 0 }));
  if (bavail * bsize < 2 * BYTES) {
    return [...rows, { what: '1 GB of output with --out', skipped: `${MEMORY} has no 2 GB free` }];
  }
  return [...rows, ...(await withPlace(streams, MEMORY))];
}

async function whileAsleep(place: Place): Promise<{ static: number[]; node: number[] }> {
  const start = ({ command: [file, ...before] }: { command: Command }): Started =>
    place.start([file, ...before, '--command', 'sleep', '60']);
  const started = {
    static: Array.from({ length: 5 }, () => start(agents.static)),
    node: Array.from({ length: 2 }, () => start(agents.node)),
  };
  await sleep(1_000);
  const rss = async (all: Started[]): Promise<number[]> =>
    Promise.all(all.map(async ({ pid }) => (await memory(pid)).rss));
  return { static: await rss(started.static), node: await rss(started.node) };
}

async function streams(place: Place): Promise<Row[]> {
  const file = join(place.directory, 'out');
  const pidFile = join(place.directory, 'pid');
  const head = `head -c ${BYTES} /dev/zero`;
  const times = { agent: [] as number[], tee: [] as number[] };
  const peaks = { agent: [] as number[], tee: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    await measure('tee', `${head} | ${watched(`tee '${file}'`)}`);
    await measure('agent', watched(`'${agents.static.command[0]}' --out '${file}' --command ${head}`));
  }
  return [
    {
      what: '1 GiB of output with --out FILE, static',
      unit: 'ms',
      samples: times.agent,
      than: { what: 'tee FILE', samples: times.tee },
      // 80 % of its throughput.
      budgets: [{ of: 'ratio', atMost: 1.25 }],
    },
    {
      what: 'RSS peak during that, static',
      unit: 'bytes',
      samples: peaks.agent,
      than: { what: 'tee FILE', samples: peaks.tee },
    },
  ];

  /** The command, started by a shell of its own that first says its process id. */
  function watched(command: string): string {
    return `sh -c 'echo $$ >"$0"; exec "$@"' '${pidFile}' ${command}`;
  }

  async function measure(who: 'agent' | 'tee', producer: string): Promise<void> {
    await rm(file, { force: true });
    await rm(pidFile, { force: true });
    const start = now();
    const pipeline = place.start(['sh', '-c', `${producer} | cat >/dev/null`]);
    const ended = pipeline.output.then(() => now() - start);
    peaks[who].push(await peak(pidFile, ended));
    times[who].push(await ended);
  }
}

/** The most bytes resident that were seen until `ended`, looking every 20 ms. */
async function peak(pidFile: string, ended: Promise<unknown>): Promise<number> {
  let most = 0;
  const over = new AbortController();
  const stop = (): void => over.abort();
  void ended.then(stop, stop);
  while (!over.signal.aborted) {
    const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
    // Not there yet, or not any more.
    const { rss } = await memory(pid).catch(() => ({ rss: 0 }));
    most = Math.max(most, rss);
    await sleep(20);
  }
  return most;
}

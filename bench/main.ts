/**
 * Measures what docs/benchmarks.md describes, and prints a table. `npm run bench [-- --only NAME] [-- --json]`
 *
 * The exit code says whether it could measure, not what: a number from one machine is no verdict.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { chain } from './chain.ts';
import { controller } from './controller.ts';
import { handOff } from './hand-off.ts';
import { requireBuilt } from './harness/agents.ts';
import { say } from './harness/programs.ts';
import { type Row } from './harness/row.ts';
import { formatTable } from './harness/table.ts';
import { imageLookup } from './image-lookup.ts';
import { localRun } from './local-run.ts';
import { orderSwap } from './order-swap.ts';
import { resume } from './resume.ts';
import { running } from './running.ts';
import { size } from './size.ts';
import { startExit } from './start-exit.ts';
import { waiting } from './waiting.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<Row[]>>> = {
  'hand-off': handOff,
  'order-swap': orderSwap,
  chain,
  resume,
  'local-run': localRun,
  size,
  'image-lookup': imageLookup,
  'start-exit': startExit,
  waiting,
  running,
  controller,
};

// An exit in the middle ends and removes what the benchmark started: see Place.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'boolean' } } });
  const names = Object.keys(BENCHMARKS);
  const { only, json = false } = values;
  if (only !== undefined && !names.includes(only))
    throw new RangeError(`--only ${only}: use one of ${names.join(', ')}`);
  if (process.platform !== 'linux') throw new Error('the benchmarks need Linux: they read /proc');
  requireBuilt();

  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(BENCHMARKS)) {
    if (only !== undefined && name !== only) continue;
    say(`${name} (load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} CPUs)`);
    rows.push(...(await measure()));
  }
  process.stdout.write(json ? `${JSON.stringify(rows, undefined, 2)}\n` : formatTable(rows));
}

import { expect, it } from 'vitest';
import { type Outcome } from '../../shared/turn/outcome.ts';
import { randomOf, seedOfRun } from '../controller/chaos/random.ts';
import { localAgents } from '../support/agents.ts';
import { taskFile, taskflow } from '../support/cli.ts';
import { randomGraph, tooEarly } from '../support/graphs.ts';

type Finished = { type: string } & Outcome;

const GRAPHS = 6;

it.each(localAgents)('random graphs run as they must with the $name', async (agent) => {
  const random = randomOf(seedOfRun('random graphs'));
  for (let graph = 0; graph < GRAPHS; graph++) {
    const { spec, expected, isGood } = randomGraph(random, 12, { image: 'busybox' });
    const { steps, ...rest } = spec;
    const file = await taskFile(steps, 'random', rest);
    const { stdout, exitCode } = await taskflow([
      ...['run', '--agent', agent.command.at(-1) ?? '', '-o', 'json'],
      file,
    ]);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Finished);
    const finished = events
      .filter(({ type }) => type === 'StepFinished')
      .toSorted((one, other) => one.number - other.number);
    expect(finished.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(expected);
    expect(
      tooEarly(
        spec,
        finished.map((each) => ({ ...each, name: each.step })),
      ),
    ).toEqual([]);
    expect(exitCode).toBe(isGood ? 0 : 3);
  }
});

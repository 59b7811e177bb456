/** What the flags say about one step. */
import { UsageError } from '../../shared/turn/errors.ts';
import { QUIT } from '../../shared/turn/order.ts';
import { MAX_OUTCOME_BYTES } from '../../shared/turn/outcome.ts';
import { filled, isOn, readDuration, readInteger, readValue, readWord, type Given } from './values.ts';
import { type Name } from './table.ts';

/** The flags of one step. Durations are milliseconds. */
export interface Options {
  wait: string | undefined;
  number: number | undefined;
  quit: number;
  gate: string | undefined;
  over: string | undefined;
  after: readonly string[];
  first: boolean;
  always: boolean;
  post: string | undefined;
  step: string;
  out: string | undefined;
  err: string | undefined;
  timeout: number | undefined;
  grace: number;
  onError: 'stop' | 'continue';
  retries: number;
  retryDelay: number;
  pauseBefore: boolean;
  pauseAfter: 'always' | 'failure' | undefined;
  resume: string | undefined;
  results: string | undefined;
  outcomeBytes: number;
  workdir: string | undefined;
  terminationLog: string;
  lifeline: number | undefined;
}

/** @throws {UsageError} */
export function readOptions(given: Given): Options {
  const value = (name: Name): string | undefined => readValue(name, given);
  const integer = (name: Name): number | undefined => readInteger(name, value(name));
  const duration = (name: Name): number | undefined => readDuration(name, value(name));
  const file = (name: Name, stream: string): string | undefined => {
    const path = value(name);
    return path === stream ? undefined : path;
  };

  const number = integer('waitcontent');
  const wait = value('wait');
  const gate = value('gate');
  const pauseAfter = readWord('pause-after', value('pause-after'), ['always', 'failure'] as const);
  const pauseBefore = isOn('pause-before', given);
  const resume = value('resume');
  const retries = integer('retries') ?? 0;
  if (number !== undefined && number < 1) throw new UsageError('--waitcontent: steps are numbered from 1');
  if (number === undefined && [wait, gate, resume].some((file) => file !== undefined)) {
    throw new UsageError("--wait, --gate and --resume need this step's number; add --waitcontent N");
  }
  if ((pauseBefore || pauseAfter !== undefined) && wait === undefined && resume === undefined) {
    const name = pauseBefore ? '--pause-before' : '--pause-after';
    throw new UsageError(
      `${name} needs something that lets the step go on; add --resume FILE, or --wait FILE`,
    );
  }
  const first = isOn('first', given);
  const after = (given.get('after') ?? []).map((each) => filled('after', each));
  const lifeline = integer('lifeline');
  if (lifeline !== undefined && lifeline < 3) {
    throw new UsageError("--lifeline: descriptors 0 to 2 are the command's own; give it 3 or more");
  }
  if (first && after.length > 0) {
    throw new UsageError('--first says that nothing comes before this step; leave out --after, or --first');
  }
  const always = isOn('always', given);
  if (always && after.length === 0) {
    throw new UsageError('--always waits until other steps are over; add --after DIR for each of them');
  }
  if (retries < 0) throw new UsageError('--retries cannot be negative');
  return {
    wait,
    number,
    quit: integer('quit') ?? QUIT,
    gate,
    over: value('over'),
    after,
    first,
    always,
    post: value('post'),
    step: value('step') ?? '',
    out: file('out', 'stdout'),
    err: file('err', 'stderr'),
    timeout: duration('timeout'),
    grace: duration('grace') ?? 30_000,
    onError: readWord('on-error', value('on-error'), ['stop', 'continue'] as const) ?? 'stop',
    retries,
    retryDelay: duration('retry-delay') ?? 1_000,
    pauseBefore,
    pauseAfter,
    resume,
    results: value('results'),
    outcomeBytes: integer('outcome-bytes') ?? MAX_OUTCOME_BYTES,
    workdir: value('workdir'),
    terminationLog: value('termination-log') ?? '/dev/termination-log',
    lifeline,
  };
}

/** Tasks of every kind, what is done to them while they run, and how they have to end: whatever becomes of controllers. */
import { expect } from 'vitest';
import { type StoredTask } from '../../../controller/stored-task.ts';
import { type Task } from '../../../shared/task/task.ts';

type Step = Task['spec']['steps'][number];
type Status = NonNullable<StoredTask['status']>;

/** A Task that is there, in somebody's hands. */
export interface Hold {
  change: (spec: object) => Promise<void>;
  until: (what: string, condition: (status: Status) => boolean) => Promise<Status>;
}

export interface Kind {
  what: string;
  spec: Task['spec'];
  /** What is done while it runs. */
  drive?: (hold: Hold) => Promise<void>;
  ends: {
    status: 'Successful' | 'Failure' | 'Cancelled';
    message?: string;
    /** `NAME STATE`, in the order written. */
    steps: readonly string[];
    /** The steps whose commands are started, one after the other; one that is tried again is there again. */
    starts: readonly string[];
  };
}

const sh = (name: string, script: string, more: Partial<Step> = {}): Step => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
  ...more,
});
const nap = (name: string): Step => sh(name, 'sleep 0.2');
const all = (state: string, ...names: string[]): string[] => names.map((name) => `${name} ${state}`);
/** The step's parent is its agent; nothing of the container is left then, and it has said nothing. */
const DIES = 'kill -9 $PPID; sleep 60';
const isOver = ({ completionTime }: Status): boolean => completionTime !== undefined;

export const KINDS: readonly Kind[] = [
  {
    what: 'all its steps succeed',
    spec: { steps: ['z', 'a', 'm', 'step10', 'step2'].map(nap) },
    ends: {
      status: 'Successful',
      steps: all('Succeeded', 'z', 'a', 'm', 'step10', 'step2'),
      starts: ['z', 'a', 'm', 'step10', 'step2'],
    },
  },
  {
    what: 'a step in the middle fails',
    spec: { steps: [nap('a'), sh('b', 'sleep 0.1; exit 42'), nap('c')] },
    ends: {
      status: 'Failure',
      message: 'step 2 (b) failed: exit code 42',
      steps: ['a Succeeded', 'b Failed', 'c Skipped'],
      starts: ['a', 'b'],
    },
  },
  {
    what: 'a step fails that may',
    spec: { steps: [nap('a'), sh('b', 'exit 7', { onError: 'continue' }), nap('c')] },
    ends: {
      status: 'Successful',
      steps: ['a Succeeded', 'b Continued', 'c Succeeded'],
      starts: ['a', 'b', 'c'],
    },
  },
  {
    what: 'a step dies with its agent',
    spec: { steps: [nap('a'), sh('b', DIES), nap('c')] },
    ends: { status: 'Failure', steps: ['a Succeeded', 'b Failed', 'c Skipped'], starts: ['a', 'b'] },
  },
  {
    what: 'a step dies with its agent, and may',
    spec: { steps: [nap('a'), sh('b', DIES, { onError: 'continue' }), nap('c')] },
    ends: {
      status: 'Successful',
      steps: ['a Succeeded', 'b Continued', 'c Succeeded'],
      starts: ['a', 'b', 'c'],
    },
  },
  {
    what: 'the controller hands off',
    spec: { handOff: 'Controller', steps: ['d', 'c', 'b', 'a'].map(nap) },
    ends: {
      status: 'Successful',
      steps: all('Succeeded', 'd', 'c', 'b', 'a'),
      starts: ['d', 'c', 'b', 'a'],
    },
  },
  {
    what: 'suspended from the start, and let go',
    spec: { suspend: true, steps: ['a', 'b'].map(nap) },
    drive: async ({ until, change }) => {
      await until('Paused', ({ status }) => status === 'Paused');
      await change({ suspend: false });
    },
    ends: { status: 'Successful', steps: all('Succeeded', 'a', 'b'), starts: ['a', 'b'] },
  },
  {
    what: 'suspended in the middle, and let go',
    spec: { steps: [sh('a', 'sleep 0.5'), ...['b', 'c', 'd'].map(nap)] },
    drive: async ({ until, change }) => {
      await until('Running', ({ status }) => status !== undefined && status !== 'Pending');
      await change({ suspend: true });
      // Where no controller was there in time it may be over.
      await until('Paused or over', (status) => status.status === 'Paused' || isOver(status));
      await change({ suspend: false });
    },
    ends: {
      status: 'Successful',
      steps: all('Succeeded', 'a', 'b', 'c', 'd'),
      starts: ['a', 'b', 'c', 'd'],
    },
  },
  {
    what: 'cancelled while a step runs',
    spec: { steps: [nap('a'), sh('b', 'exec sleep 600'), nap('c')] },
    drive: async ({ until, change }) => {
      await until('b runs', ({ steps = [] }) => steps[1]?.state === 'Running');
      await change({ cancel: true });
    },
    ends: {
      status: 'Cancelled',
      // Its agent hears of both at once, the order and the end of b.
      steps: ['a Succeeded', 'b Cancelled', expect.stringMatching(/^c (Cancelled|Skipped)$/) as string],
      starts: ['a', 'b'],
    },
  },
  {
    what: 'cancelled before it may begin',
    spec: { suspend: true, steps: ['a', 'b'].map(nap) },
    drive: async ({ until, change }) => {
      await until('Paused', ({ status }) => status === 'Paused');
      await change({ cancel: true });
    },
    ends: { status: 'Cancelled', steps: all('Cancelled', 'a', 'b'), starts: [] },
  },
  {
    what: 'has scripts, and a step that is tried again',
    spec: {
      steps: [
        { name: 'a', image: 'busybox', script: '#!/bin/sh\nsleep 0.2\n' },
        sh('b', 'test -e tried || { touch tried; exit 1; }', { retries: 1 }),
        { name: 'c', image: 'busybox', script: '#!/bin/sh\nsleep 0.1\n' },
      ],
    },
    ends: { status: 'Successful', steps: all('Succeeded', 'a', 'b', 'c'), starts: ['a', 'b', 'b', 'c'] },
  },
];

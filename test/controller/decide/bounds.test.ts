import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moment } from '../../../controller/decide/bounds.ts';
import { observe } from '../../../controller/decide/observe.ts';
import { statusOf } from '../../../controller/decide/status.ts';
import { type KubeObject } from '../../../controller/runtime/objects.ts';
import { type ObservedPod } from '../../../controller/pod.ts';
import { eventObject } from '../../../controller/event-object.ts';
import { statusSchema } from '../../../shared/task/status.ts';
import { type TaskStatus } from '../../../shared/task/task.ts';
import { plain } from '../../../shared/text.ts';
import { podWith, taskOf } from '../builders.ts';
import { control, CRD, DEFINITIONS, worldWith } from '../harness.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');

/** A container that is over, whose step wrote this. */
const wrote = (message: string) => ({
  name: 'a',
  state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: '2026-01-01T00:00:02Z', message } },
});

const record = (fields: object): string =>
  JSON.stringify({
    ...{ version: 1, outcome: 'Succeeded', exitCode: 0, finishedAt: '2026-01-01T00:00:02.000Z', attempts: 1 },
    ...{ reason: 'Completed', step: 'a', number: 1, message: 'exit code 0', ...fields },
  });

function statusFor(pod: ObservedPod): TaskStatus {
  const task = taskOf({ steps: [{ name: 'a', image: 'b', command: ['true'] }] });
  return statusOf({ task, pod, chain: observe(task, pod, NOW), now: NOW });
}

/** Whether the API server takes it: the schema, and the times, which zod does not look at. */
function faultsOf(status: TaskStatus): unknown[] {
  const times = status.steps?.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]) ?? [];
  return [
    ...(statusSchema.safeParse(status).error?.issues ?? []),
    ...times.filter((time) => time !== undefined && moment(time) === undefined),
    // oxlint-disable-next-line no-control-regex
    ...[
      ...JSON.stringify({
        ...status,
        steps: status.steps?.map((step) => ({ ...step, results: [] })),
      }).matchAll(/\\u00|\\n|[\u202E\u2066]/g),
    ],
  ];
}

const HOSTILE: [string, object][] = [
  ['a time that is none', { finishedAt: 'tomorrow' }],
  ['a time of the year 275760', { finishedAt: '+275760-09-13T00:00:00.000Z' }],
  ['a time that is yet to come', { finishedAt: '9999-12-31T23:59:59.000Z' }],
  ['a start that is none', { startedAt: 'yesterday' }],
  ['a start after the end', { startedAt: '2027-01-01T00:00:00Z' }],
  ['a code past int32', { exitCode: 99_999_999_999 }],
  ['attempts below zero', { attempts: -5 }],
  ['attempts past int32', { attempts: 2 ** 40 }],
  ['a reason of lines', { outcome: 'Failed', reason: 'a\nb\u001B[31m' }],
  [
    'a message that a terminal obeys',
    { outcome: 'Failed', message: '\u001B]0;title\u0007\u001B[2Jx\r\ny\u202Ez' },
  ],
  ['a result with a name that none can have', { results: { 'a b': '', '': '', [`x`.repeat(64)]: '' } }],
  ['a result with a size past int64', { resultSizes: { a: 2 ** 60 } }],
  ['a size below zero', { resultSizes: { a: -1 } }],
  ['too many results', { results: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`r${i}`, ''])) }],
  ['a signal of a page', { outcome: 'Failed', signal: 'x'.repeat(4000) }],
];

describe('a status', () => {
  it.each(HOSTILE)('has nothing of %s that the CRD does not take', (_, fields) => {
    const status = statusFor(podWith([wrote(record(fields))]));
    expect(faultsOf(status)).toEqual([]);
    expect(status.steps?.[0]?.state).not.toBe('Waiting');
    expect(Date.parse(status.steps?.[0]?.finishedAt ?? '')).toBeLessThan(NOW);
  });

  it.each(['4294967296', '-4294967296', '9007199254740991', '1e400', '٣', '\u001B[2J'])(
    'has an order of %s as the CRD takes it',
    (text) => {
      expect(faultsOf(statusFor(podWith([wrote(record({}))], { order: text, gate: text })))).toEqual([]);
    },
  );

  it('is one that the CRD takes, whatever a pod says', () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.maxSafeInteger(),
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.date().map(String),
    );
    const fields = fc.dictionary(
      fc.constantFrom(
        'exitCode',
        'finishedAt',
        'startedAt',
        'attempts',
        'signal',
        'reason',
        'message',
        'results',
        'resultSizes',
        'outcome',
        'version',
      ),
      value,
    );
    const message = fc.oneof(
      fields.map(record),
      fc.string({ unit: 'binary' }),
      fc.nat(300).chain((at) => fields.map((some) => record(some).slice(0, at))),
    );
    const number = fc.oneof(fc.maxSafeInteger().map(String), fc.string());
    fc.assert(
      fc.property(message, number, number, (said, order, gate) => {
        expect(faultsOf(statusFor(podWith([wrote(said)], { order, gate })))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('that the API server refuses is followed by a smaller one, which says so', async () => {
    const world = await worldWith();
    const task = await world.apply({ steps: [{ name: 'a', image: 'b', command: ['true'] }] });
    const text = await readFile(CRD, 'utf8');
    // What a step says is refused by a CRD that is stricter than the controller's own.
    const strict = text.replaceAll(/^( *)description: The image that ran.*$/gm, '$&\n$1maxLength: 3');
    expect(strict).not.toBe(text);
    const { metadata, spec } = parse(strict) as KubeObject & { spec: object };
    await world.client.patch(DEFINITIONS, { name: metadata.name }, { type: 'merge', body: { spec } });
    control(world);
    await world.play(task, [{ ...wrote(record({})), imageID: 'sha256:abc' }]);
    const status = await world.until(task, 'Successful');
    expect(status).toMatchObject({ steps: [{ name: 'a', state: 'Succeeded' }] });
    expect(status.message).toContain('the API server refuses the whole status');
  });
});

describe('plain', () => {
  it.each([
    ['\u001B[31mred\u001B[0m', 'red'],
    ['a\r\nb\tc', 'a b c'],
    ['\u001B]8;;http://x\u0007link\u001B]8;;\u001B\\', 'link'],
    ['\u202Eevil\u2066', 'evil'],
    ['half \uD83D', 'half \uFFFD'],
  ])('%j is %j', (text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  it('keeps to its bytes, and to whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 60 }), (text, bytes) => {
        const shown = plain(text, bytes);
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(bytes);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });

  it('cuts the note of an event at 1024 bytes', () => {
    const note = 'ü'.repeat(1024);
    const object = eventObject(
      taskOf({ steps: [] }),
      { reason: 'Failed', type: 'Warning', note, key: 'k' },
      { instance: 'ü'.repeat(200), now: NOW },
    );
    expect(Buffer.byteLength(String(object['note']))).toBeLessThanOrEqual(1024);
    expect(Buffer.byteLength(String(object['reportingInstance']))).toBeLessThanOrEqual(128);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeResumes,
  giveResume,
  HOLDS,
  impossible,
  MAX_HOLDS,
  NO_RESUMES,
  parseResumes,
  RESUME_ACTIONS,
  ResumeError,
  type ResumeEntry,
  type Resumes,
} from '../../../shared/turn/resume.ts';

const entry: fc.Arbitrary<ResumeEntry> = fc.record(
  {
    action: fc.constantFrom(...RESUME_ACTIONS),
    by: fc.stringMatching(/^[\x20-\x7e]{1,64}$/),
    at: fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((at) => at.toISOString()),
  },
  { requiredKeys: ['action', 'by'] },
);
const records: fc.Arbitrary<Resumes> = fc.record({
  steps: fc
    .array(fc.tuple(fc.integer({ min: 1, max: 1024 }), fc.array(entry, { maxLength: 5 })), { maxLength: 20 })
    .map((entries) => new Map(entries)),
});

const one = (value: unknown): string => JSON.stringify({ steps: { 1: [value] } });

describe('what lets held steps go on', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(records, (resumes) => {
        expect(parseResumes(encodeResumes(resumes))).toEqual(resumes);
      }),
    );
  });

  it('is in the form that the annotation has', () => {
    const steps = new Map([[3, [{ action: 'Retry', by: 'ada', at: '2026-01-02T03:04:05Z' }] as const]]);
    expect(encodeResumes({ steps })).toBe(
      '{"steps":{"3":[{"action":"Retry","by":"ada","at":"2026-01-02T03:04:05Z"}]}}',
    );
  });

  it.each([
    ['nothing, where there is no annotation', '', NO_RESUMES],
    ['nothing, in an editor’s file', '\n', NO_RESUMES],
    ['nothing of any step', '{}', NO_RESUMES],
    ['what a later version adds is let be', '{"steps":{},"since":1}', NO_RESUMES],
    [
      'what a later version adds to an entry, too',
      one({ action: 'Skip', by: 'ada', why: 'no' }),
      { steps: new Map([[1, [{ action: 'Skip', by: 'ada' }]]]) },
    ],
    ['a step that was given nothing', '{"steps":{"7":[]}}', { steps: new Map([[7, []]]) }],
  ])('says %s', (_, text, resumes) => expect(parseResumes(text)).toEqual(resumes));

  it.each([
    ['no JSON', '{"steps":', 'it is not JSON'],
    ['no object', '[]', 'it is no JSON object'],
    ['null', 'null', 'it is no JSON object'],
    ['a list of steps', '{"steps":[]}', 'its steps is no JSON object'],
    ['a step 0', '{"steps":{"0":[]}}', 'is no number of a step'],
    ['a step by its name', '{"steps":{"publish":[]}}', 'is no number of a step'],
    ['a step __proto__', '{"steps":{"__proto__":[]}}', 'is no number of a step'],
    ['one entry, in no list', '{"steps":{"1":{"action":"Skip","by":"ada"}}}', 'step 1 has no list'],
    ['an entry that is a word', one('Continue'), 'an entry of step 1 is no JSON object'],
    [
      'an action that is none',
      one({ action: 'toString', by: 'ada' }),
      'is none of Continue, Retry, Skip, Fail',
    ],
    ['an action in small letters', one({ action: 'continue', by: 'ada' }), 'is none of Continue'],
    ['nobody', one({ action: 'Skip' }), 'the by of an entry of step 1'],
    ['an empty by', one({ action: 'Skip', by: '' }), 'the by of an entry of step 1'],
    ['a by of 65 characters', one({ action: 'Skip', by: 'a'.repeat(65) }), '1 to 64 plain characters'],
    ['a by that paints a terminal', one({ action: 'Skip', by: '\u001b[31m' }), '1 to 64 plain characters'],
    ['an at that is no time', one({ action: 'Skip', by: 'ada', at: 'now' }), 'the at of an entry of step 1'],
    ['an at that is a number', one({ action: 'Skip', by: 'ada', at: 3 }), 'the at of an entry of step 1'],
    [
      'one wrong entry beside a right one',
      JSON.stringify({ steps: { 1: [{ action: 'Skip', by: 'ada' }], 2: [{}] } }),
      'the action of an entry of step 2',
    ],
    [
      'a step that was resumed without end',
      JSON.stringify({ steps: { 1: Array.from({ length: 101 }, () => ({ action: 'Retry', by: 'a' })) } }),
      'step 1 has more than 100 entries',
    ],
    ['too much', `{"steps":{}}${' '.repeat(65_536)}`, 'it is longer than 65536 characters'],
    ['depth without end', '['.repeat(60_000), 'it is not JSON'],
  ])('is no record: %s', (_, text, message) => {
    expect(() => parseResumes(text)).toThrow(ResumeError);
    expect(() => parseResumes(text)).toThrow(message);
  });

  it('is never anything but a record or a ResumeError, whatever somebody writes there', () => {
    const near = fc
      .dictionary(
        fc.constantFrom('1', '2', '-1', 'x', '__proto__'),
        fc.oneof(fc.array(fc.oneof(entry, fc.jsonValue())), fc.jsonValue()),
      )
      .map((steps) => JSON.stringify({ steps }));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), near), (text) => {
        try {
          for (const [number, given] of parseResumes(text).steps) {
            expect(number).toBeGreaterThan(0);
            for (const { action } of given) expect(RESUME_ACTIONS).toContain(action);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ResumeError);
        }
      }),
    );
  });
});

describe('one more entry', () => {
  const ada: ResumeEntry = { action: 'Continue', by: 'ada' };

  it('comes after those of its step, and changes no other', () => {
    const first = giveResume(NO_RESUMES, 3, ada);
    const both = giveResume(giveResume(first, 3, { action: 'Retry', by: 'bob' }), 4, ada);
    expect(both).toEqual({
      steps: new Map([
        [3, [ada, { action: 'Retry', by: 'bob' }]],
        [4, [ada]],
      ]),
    });
    expect(first).toEqual({ steps: new Map([[3, [ada]]]) });
    expect(NO_RESUMES.steps.size).toBe(0);
  });

  it('is refused where the step holds no more, and what was given is still read', () => {
    let resumes = NO_RESUMES;
    for (let hold = 1; hold <= MAX_HOLDS; hold++) resumes = giveResume(resumes, 3, ada);
    expect(parseResumes(encodeResumes(resumes))).toEqual(resumes);
    expect(() => giveResume(resumes, 3, ada)).toThrow('step 3 was resumed 100 times');
  });

  it('is refused where agents would not read the record any more', () => {
    const long: ResumeEntry = { action: 'Continue', by: 'a'.repeat(64), at: '2026-01-02T03:04:05.678Z' };
    const full = (): void => {
      let resumes = NO_RESUMES;
      for (let number = 1; ; number++) {
        for (let hold = 1; hold <= MAX_HOLDS; hold++) {
          expect(encodeResumes(resumes).length).toBeLessThanOrEqual(65_536);
          resumes = giveResume(resumes, number, long);
        }
      }
    };
    expect(full).toThrow('takes no more');
  });
});

describe('what can end a hold', () => {
  it.each(HOLDS.flatMap((kind) => RESUME_ACTIONS.map((action) => [action, kind] as const)))(
    '%s at a hold %s',
    (action, kind) => {
      const no = action === 'Retry' && kind === 'Before';
      expect(impossible(action, kind)).toEqual(no ? expect.stringContaining('use Continue') : undefined);
    },
  );
});

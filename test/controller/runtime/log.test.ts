import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { createLog, readable, type Log, type LogLevel } from '../../../controller/runtime/log.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

/** What a log of this level says. */
function said(level: LogLevel, say: (log: Log) => void): Record<string, unknown>[] {
  const lines: string[] = [];
  say(createLog(level, { write: (line) => void lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('an entry', () => {
  it('has a level, a time, its fields and a message, and nothing else', () => {
    const [entry] = said('info', (log) => log.info({ task: 'a/b', n: 1 }, 'done'));
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    expect(entry).toEqual({ level: 'info', time, task: 'a/b', n: 1, msg: 'done' });
  });

  it('has the fields of the log it comes from', () => {
    const [entry] = said('info', (log) => log.child({ a: 1 }).child({ b: 2 }).warn({ c: 3 }, 'done'));
    expect(entry).toMatchObject({ level: 'warn', a: 1, b: 2, c: 3 });
  });

  it.each(LOG_LEVELS.map((level, index) => [level, LOG_LEVELS.slice(index)] as const))(
    'of a log of level %s is one of %j',
    (level, levels) => {
      const entries = said(level, (log) => {
        for (const each of LOG_LEVELS) log[each]({}, 'done');
      });
      expect(entries.map((entry) => entry['level'])).toEqual(levels);
    },
  );
});

describe('an error', () => {
  const secret = Object.assign(new Error('refused', { cause: new TypeError('no route') }), {
    code: 'ECONNREFUSED',
    request: { headers: { authorization: 'Bearer hunter2' } },
  });

  it.each([['error'], ['err'], ['because']])('in the field %s is told without what it carries', (field) => {
    const entries = said('info', (log) => {
      log.warn({ [field]: secret }, 'failed');
      log.child({ [field]: secret }).warn({}, 'failed');
    });
    for (const entry of entries) {
      expect(entry[field]).toEqual({
        name: 'Error',
        message: 'refused',
        code: 'ECONNREFUSED',
        cause: { name: 'TypeError', message: 'no route' },
      });
    }
    expect(entries).toHaveLength(2);
  });

  it('has its stack at level debug', () => {
    const [entry] = said('debug', (log) => log.warn({ error: secret }, 'failed'));
    expect(entry?.['error']).toMatchObject({ stack: expect.stringContaining('log.test.ts') as string });
    expect(JSON.stringify(entry)).not.toContain('hunter2');
  });

  it('may be its own cause', () => {
    const error = new Error('again');
    error.cause = error;
    expect(said('info', (log) => log.error({ error }, 'failed'))).toHaveLength(1);
  });
});

it('loses nothing when the process ends at once', async () => {
  const path = fileURLToPath(new URL('../../../controller/runtime/log.ts', import.meta.url));
  const program = `import { createLog } from ${JSON.stringify(path)};
    const log = createLog('info');
    for (let n = 0; n < 5000; n++) log.info({ n }, 'done');
    process.exit(3);`;
  const { stdout, exitCode } = await execa(process.execPath, ['--input-type=module', '-e', program], {
    reject: false,
  });
  expect(exitCode).toBe(3);
  expect(stdout.split('\n')).toHaveLength(5_000);
  expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({ n: 4_999 });
});

it.each<[string, object, string]>([
  ['plain words', { task: 'a/b', n: 1 }, ' task=a/b n=1'],
  ['what is no word', { text: 'a b="c"\n', list: [1] }, ' text="a b=\\"c\\"\\n" list=[1]'],
])('is readable with %s', (_, fields, text) => {
  const entry = { level: 'info', time: '2026-01-02T03:04:05.678Z', ...fields, msg: 'done' };
  expect(readable(`${JSON.stringify(entry)}\n`)).toBe(`03:04:05.678 info  done${text}\n`);
});

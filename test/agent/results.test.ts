import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_OUTCOME_BYTES } from '../../shared/turn/outcome.ts';
import { programs } from '../support/agents.ts';
import { outcomeIn, runAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';

describe.each(programs)('--results of the $name', (agent) => {
  const run = async (script: string, ...more: string[]) => {
    const directory = await scratch();
    const flags = ['--post', directory, '--results', join(directory, 'made/results'), ...more];
    const seen = await runAgent(agent, [...flags, '--', 'sh', '-c', `cd "$TASKFLOW_RESULTS"; ${script}`]);
    return { seen, outcome: await outcomeIn(directory) };
  };

  it('puts the files that the command leaves into the outcome, without one final newline', async () => {
    const { seen, outcome } = await run(
      'printf v1.2 >version; printf "ü 日本 🙂\\n" >text; printf "a\\n\\n" >lines; : >empty; echo >newline',
    );
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outcome.results).toEqual({
      empty: '',
      lines: 'a\n',
      newline: '',
      text: 'ü 日本 🙂',
      version: 'v1.2',
    });
    expect(outcome).not.toHaveProperty('resultSizes');
  });

  it('has nothing to say where none is left', async () => {
    const { outcome } = await run('true');
    expect(outcome).not.toHaveProperty('results');
  });

  it('keeps the results of a command that failed', async () => {
    const { seen, outcome } = await run('printf why >reason; exit 3');
    expect(seen.exitCode).toBe(3);
    expect(outcome).toMatchObject({ outcome: 'Failed', exitCode: 3, results: { reason: 'why' } });
  });

  it.each<[string, string, Record<string, string>, Record<string, number>]>([
    ['one large file', 'head -c 5000 /dev/zero | tr "\\0" x >large', { small: 'ok' }, { large: 5000 }],
    [
      'as much as there may be',
      'head -c 1048576 /dev/zero | tr "\\0" x >huge',
      { small: 'ok' },
      { huge: 1_048_576 },
    ],
    [
      'its newline not counted',
      '{ head -c 1048576 /dev/zero | tr "\\0" x; echo; } >huge',
      { small: 'ok' },
      { huge: 1_048_576 },
    ],
    [
      'what only its encoding makes too large',
      'yes "\\"" | head -c 3000 >quotes',
      { small: 'ok' },
      { quotes: 2999 },
    ],
    [
      'the smaller first',
      'head -c 2500 /dev/zero | tr "\\0" a >a; head -c 2400 /dev/zero | tr "\\0" b >b',
      { b: 'b'.repeat(2400), small: 'ok' },
      { a: 2500 },
    ],
  ])('names with its size what does not fit: %s', async (_, script, results, resultSizes) => {
    const { seen, outcome } = await run(`${script}; printf ok >small`);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(outcome).toMatchObject({ outcome: 'Succeeded', message: 'exit code 0' });
    expect({ results: outcome.results, resultSizes: outcome.resultSizes }).toEqual({ results, resultSizes });
  });

  it('fills the outcome, and no more', async () => {
    const script = 'for i in $(seq 60); do printf "%0100d" $i >r$i; done';
    const directory = await scratch();
    const flags = [
      '--post',
      directory,
      '--results',
      join(directory, 'results'),
      '--gate',
      join(directory, 'gate'),
    ];
    const termination = join(directory, 'log');
    const args = [...flags, '--waitcontent', '1', '--termination-log', termination];
    const all = `: >"${termination}"; cd "$TASKFLOW_RESULTS"; ${script}`;
    expect(await runAgent(agent, [...args, '--', 'sh', '-c', all])).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    const outcome = await outcomeIn(directory);
    const [results, sizes] = [outcome.results ?? {}, outcome.resultSizes ?? {}];
    expect(Object.keys({ ...results, ...sizes })).toHaveLength(60);
    expect(Object.keys(sizes).length).toBeGreaterThan(0);
    const bytes = Buffer.byteLength(JSON.stringify(outcome));
    expect(bytes).toBeLessThanOrEqual(MAX_OUTCOME_BYTES);
    expect(bytes).toBeGreaterThan(MAX_OUTCOME_BYTES - 250);
  });

  it.each<[string, string, object]>([
    ['2048', 'printf "%01900d" 1 >large', { results: { small: 'ok' }, resultSizes: { large: 1900 } }],
    ['2048', 'printf "%01000d" 1 >large', { results: { small: 'ok', large: `${'0'.repeat(999)}1` } }],
    ['47', 'printf "%0100d" 1 >large', { resultSizes: { large: 100, small: 2 } }],
  ])('names with its size what is not read of an outcome: %s bytes', async (bytes, script, left) => {
    const { seen, outcome } = await run(`${script}; printf ok >small`, '--outcome-bytes', bytes);
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    const { results, resultSizes } = outcome;
    expect({ ...(results && { results }), ...(resultSizes && { resultSizes }) }).toEqual(left);
  });

  it.each([
    ['a gigabyte', 'truncate -s 1G huge', 'huge is larger than 1048576 bytes'],
    [
      'one byte too many',
      'head -c 1048577 /dev/zero | tr "\\0" x >huge',
      'huge is larger than 1048576 bytes',
    ],
    ['a directory', 'mkdir directory', 'directory is a directory'],
    ['a link', 'ln -s /etc/passwd link', 'link is a symbolic link'],
    ['a link to nothing', 'ln -s none link', 'link is a symbolic link'],
    ['a FIFO', 'mkfifo fifo', 'fifo is no regular file'],
    ['a name with a space', ': >"a b"', '"a b" is no name of a result'],
    ['a hidden file', ': >.hidden', '".hidden" is no name of a result'],
    ['a name that is no ASCII', ': >ü', '"ü" is no name of a result'],
    ['a name that is no UTF-8', ': >"$(printf "a\\\\377")"', 'is no name of a result'],
    [
      'more names than fit',
      'for i in $(seq 500); do : >a-long-name-of-a-result-$i; done',
      'the names and sizes of 501 do not fit',
    ],
    ['no directory any more', 'cd ..; rm -r results; ln -s /etc results', 'not a directory (ENOTDIR)'],
  ])('refuses %s, by its name', async (_, script, message) => {
    const { seen, outcome } = await run(`${script}; printf ok >small`);
    expect(seen.exitCode).toBe(123);
    expect(seen.stderr).toContain(message);
    expect(outcome).toMatchObject({ outcome: 'Failed', exitCode: 123, reason: 'ResultsRefused' });
    expect(outcome.message).toContain(message);
    expect(outcome).not.toHaveProperty('results');
  });

  it('refuses what is no UTF-8, by its name', async () => {
    for (const bytes of [
      '\\377',
      '\\300\\257',
      '\\355\\240\\200',
      '\\360\\237\\231',
      '\\364\\220\\200\\200',
      '\\303',
    ]) {
      const { seen, outcome } = await run(`printf 'ok${bytes}' >binary`);
      expect(seen.exitCode).toBe(123);
      expect(outcome.message).toContain('binary is not valid UTF-8');
    }
  });

  it('says what is wrong with them beside a failure, which keeps its code', async () => {
    const { seen, outcome } = await run('mkdir d; exit 3', '--on-error', 'continue');
    expect(seen.exitCode).toBe(0);
    expect(outcome).toMatchObject({ outcome: 'Continued', exitCode: 3 });
    expect(outcome.message).toContain('exit code 3; its results cannot be posted: d is a directory');
  });
});

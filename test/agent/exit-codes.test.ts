import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agents, staticAgent, type Agent } from '../support/agents.ts';
import { runAgent } from '../support/run-agent.ts';
import { scratch } from '../support/scratch.ts';

describe.each(agents)('exit codes of the $name', (agent) => {
  it('are the command’s own', async () => {
    expect(await exitCodes(agent, codesFor(agent), (code) => `exit ${code}`)).toEqual(codesFor(agent));
  });

  it('are 128+n for every signal n that ends a command', async () => {
    // CHLD, CONT, URG and WINCH are ignored by default; STOP, TSTP, TTIN and TTOU stop it.
    const deadly = Array.from({ length: 31 }, (_, i) => i + 1).filter(
      (n) => ![17, 18, 19, 20, 21, 22, 23, 28].includes(n),
    );
    expect(await exitCodes(agent, deadly, (signal) => `kill -${signal} $$`)).toEqual(
      deadly.map((n) => 128 + n),
    );
  });

  it.each([
    [
      'a command that is nowhere in PATH',
      ['taskflow-no-such-command'],
      127,
      'taskflow-no-such-command: no such file',
    ],
    ['a path that does not exist', ['/nowhere/to/be/found'], 127, '/nowhere/to/be/found: no such file'],
    ['a path through a file', ['/etc/passwd/x'], 127, '/etc/passwd/x: not a directory'],
    ['a file without the execute bit', ['/etc/passwd'], 126, '/etc/passwd: permission denied'],
    ['a directory', ['/etc'], 126, '/etc: permission denied'],
  ])('say that it is no command: %s', async (_, command, code, message) => {
    const seen = await runAgent(agent, ['--command', ...command]);
    expect(seen).toMatchObject({ exitCode: code, stdout: '' });
    expect(seen.stderr).toContain(message);
    expect(seen.stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('say that the interpreter of a script is missing', async () => {
    const script = join(await scratch(), 'script');
    await writeFile(script, '#!/no/such/interpreter\n', { mode: 0o755 });
    const seen = await runAgent(agent, ['--', script]);
    expect(seen.exitCode).toBe(127);
    expect(seen.stderr).toContain('the interpreter that its #! names');
  });

  it.each([
    ['an unknown flag', ['--comand', 'true'], 'unknown flag --comand; did you mean --command?'],
    ['a flag with a slip', ['--retires=3', '--', 'true'], 'unknown flag --retires; did you mean --retries?'],
    ['a flag like none', ['--xyzzy', '--', 'true'], 'unknown flag --xyzzy; see taskflow-agent --help'],
    ['no command', ['--wait', 'x', '--waitcontent', '1'], 'no command'],
    ['nothing at all', [], 'no command'],
    ['nothing after --command', ['--command'], 'no command'],
    ['an empty command', ['--command', ''], 'the command is empty'],
    ['a flag without its value', ['--wait', '--waitcontent', '1', '--', 'true'], '--wait has no value'],
    ['a list without its value', ['--after', '--', 'true'], '--after has no value'],
    [
      'a switch with a word',
      ['--dry-run=client', '--', 'true'],
      '--dry-run "client": expected true or false',
    ],
    ['a switch given twice', ['--dry-run', '--dry-run', '--', 'true'], '--dry-run is given more than once'],
    ['a flag that begins a flag', ['--time', '5s', '--', 'true'], 'unknown flag --time;'],
    ['a flag given twice', ['--post', 'a', '--post', 'b', '--', 'true'], '--post is given more than once'],
    [
      'a number that is none',
      ['--wait', 'x', '--waitcontent', 'one', '--', 'true'],
      '"one" is not an integer',
    ],
    ['step number 0', ['--wait', 'x', '--waitcontent', '0', '--', 'true'], 'numbered from 1'],
    ['an order file without a number', ['--wait', 'x', '--', 'true'], 'add --waitcontent N'],
    ['a duration that is none', ['--grace', 'soon', '--', 'true'], '"soon" is not a duration'],
    ['an unknown word', ['--on-error', 'ignore', '--', 'true'], '"ignore" is neither stop nor continue'],
    ['negative retries', ['--retries', '-1', '--', 'true'], '--retries cannot be negative'],
    ['a hold that nobody could end', ['--pause-after', 'always', '--', 'true'], 'add --resume FILE'],
    ['one before the command', ['--pause-before', '--', 'true'], '--pause-before needs something'],
    ['what held steps are told, without a number', ['--resume', 'x', '--', 'true'], 'add --waitcontent N'],
    ['a stray argument', ['true'], 'goes after --command'],
    ['install without a directory', ['install'], 'install DIR'],
  ])('are 125, with one line that says why: %s', async (_, args, message) => {
    const seen = await runAgent(agent, args);
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toMatch(/^taskflow-agent: .*\n$/);
    expect(seen.stderr).toContain(message);
  });
});

/** Runs a small shell script for each number, a few at a time, and returns the exit codes. */
async function exitCodes(
  agent: Agent,
  numbers: readonly number[],
  script: (n: number) => string,
): Promise<unknown[]> {
  const codes: unknown[] = [];
  for (let start = 0; start < numbers.length; start += 8) {
    const some = numbers.slice(start, start + 8);
    const seen = await Promise.all(some.map((n) => runAgent(agent, ['--', 'sh', '-c', script(n)])));
    codes.push(...seen.map(({ exitCode }) => exitCode));
  }
  return codes;
}

/** All of them; of an agent that takes a tenth of a second of a core to start, those at the edges of a meaning. */
function codesFor(agent: Agent): number[] {
  const all = Array.from({ length: 256 }, (_, code) => code);
  return agent === staticAgent
    ? all
    : all.filter((code) => code < 3 || code > 253 || (code > 120 && code < 145));
}

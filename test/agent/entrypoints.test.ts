import { describe, expect, it } from 'vitest';
import { chooseEntrypoint } from '../../agent/entrypoints.ts';
import { hostPlatform } from '../../shared/turn/host-platform.ts';
import { agents } from '../support/agents.ts';
import { runAgent } from '../support/run-agent.ts';

const OTHER = 'linux/s390x';
const SHOW = ['sh', '-c', 'for arg; do printf "[%s]" "$arg"; done', 'show'];

describe.each(agents)('the entrypoints that the $name is given', (agent) => {
  // One build may run here by emulation.
  const OWN = agent.name.includes('arm64') ? 'linux/arm64' : hostPlatform();
  const run = (entrypoints: object | string, ...args: string[]) =>
    runAgent(agent, [
      ...['--entrypoints', typeof entrypoints === 'string' ? entrypoints : JSON.stringify(entrypoints)],
      ...args,
    ]);

  it.each([
    [
      'what its own platform runs, and the arguments after it',
      ['--command', '10', '--wait'],
      '[a b][10][--wait]',
    ],
    ['the same behind --', ['--', ''], '[a b][]'],
    ['what its own platform runs, when that is all', [], '[a b]'],
  ])('make it run %s', async (_, args, shown) => {
    const seen = await run({ [OTHER]: ['/no'], [OWN]: [...SHOW, 'a b'] }, ...args);
    expect(seen).toMatchObject({ exitCode: 0, stdout: shown, stderr: '' });
  });

  it('are handed on in every letter', async () => {
    const seen = await run({ [OWN]: [...SHOW, 'żółć "\\ \n$(HOME)', '🙂'] }, '--command', 'ü');
    expect(seen.stdout).toBe('[żółć "\\ \n$(HOME)][🙂][ü]');
  });

  it('are shown by --dry-run as the command that would run', async () => {
    const { stdout } = await run({ [OWN]: ['/script.sh'] }, '--dry-run', '--command', '10');
    expect(JSON.parse(stdout)).toMatchObject({ command: ['/script.sh', '10'] });
  });

  it('without one for its platform are refused with 125, the platforms named', async () => {
    const seen = await run({ [OTHER]: ['echo', 'ran'], 'linux/riscv64': ['echo', 'ran'] }, '--command', 'x');
    expect(seen).toMatchObject({ exitCode: 125, stdout: '' });
    expect(seen.stderr).toBe(
      `taskflow-agent: --entrypoints has nothing for ${OWN}: the image is for linux/s390x, linux/riscv64 only; take another, or give the step a command:\n`,
    );
  });

  it.each(['', '{', '[]', '{}', 'null', '{"linux/amd64":"sh"}', '{"linux/amd64":[1]}', '{"linux":["sh"]}'])(
    'that are no map of platforms to words are refused with 125: %j',
    async (text) => {
      const seen = await run(text, '--command', 'x');
      expect(seen.exitCode).toBe(125);
      expect(seen.stderr).toMatch(/^taskflow-agent: --entrypoints (?:has no value|is no JSON map)/);
    },
  );

  it('that are empty for this platform run what comes after them, and nothing is refused', async () => {
    expect(await run({ [OWN]: [] }, '--command', 'echo', 'x')).toMatchObject({ exitCode: 0, stdout: 'x\n' });
    expect((await run({ [OWN]: [] })).stderr).toContain('no command');
  });
});

describe('the entrypoint for a machine', () => {
  it.each([
    ['linux/arm64', { 'linux/arm64/v8': ['a'], 'linux/arm/v7': ['b'] }, 'a'],
    ['linux/arm64', { 'linux/amd64': ['a'], 'linux/arm/v6': ['b'], 'linux/arm/v7': ['c'] }, 'c'],
    ['linux/arm/v6', { 'linux/arm/v7': ['a'], 'linux/arm/v5': ['b'] }, 'b'],
    ['linux/amd64', { 'linux/386': ['a'], 'linux/amd64/v3': ['b'] }, 'a'],
  ])('%s is the one of %j that containerd would take', (machine, entrypoints, word) => {
    expect(chooseEntrypoint(JSON.stringify(entrypoints), machine)).toEqual([word]);
  });
});

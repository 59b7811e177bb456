import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { manifest, sh, taskflow } from '../support/cli.ts';

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const AGENT = ['--agent-image', 'taskflow/agent:test'];

describe('taskflow render', () => {
  it.each([
    ['the example for the laptop', '../../examples/hello.yaml', 'hello', []],
    ['a Task with everything in it', 'fixtures/everything.yaml', 'everything', []],
    [
      'the same with the agent as a volume',
      '../../examples/hello.yaml',
      'hello-image-volume',
      ['--injection', 'image-volume'],
    ],
    ['a Task with sidecars and templates', 'fixtures/pod-fields.yaml', 'pod-fields', []],
  ])('prints the pod of %s', async (_, file, golden, more) => {
    const yaml = await taskflow(['render', ...AGENT, ...more, path(file)]);
    expect(yaml.exitCode).toBe(0);
    await expect(yaml.stdout).toMatchFileSnapshot(`../golden/${golden}.yaml`);

    const json = await taskflow(['render', '-o', 'json', ...AGENT, ...more, path(file)]);
    const list = JSON.parse(json.stdout) as { kind: string; items: unknown[] };
    expect(list.kind).toBe('List');
    expect(parseAllDocuments(yaml.stdout, { version: '1.1' }).map((each) => each.toJS() as unknown)).toEqual(
      list.items,
    );
  });

  it('prints the same bytes every time', async () => {
    const render = () => taskflow(['render', path('fixtures/everything.yaml')]);
    expect((await render()).stdout).toBe((await render()).stdout);
  });

  it('quotes what an older YAML reads as something else: the strings stay strings in a cluster', async () => {
    const args = ['yes', 'on', '0755', '1e3', '2001-01-01', '12:30:00', 'null', '~', ''];
    const { stdout } = await taskflow(['render', '-'], {
      input: manifest([{ name: 'a', command: ['echo'], args }]),
    });
    const pod = parse(stdout, { version: '1.1' }) as { spec: { containers: { args: unknown[] }[] } };
    expect(pod.spec.containers[0]?.args.slice(-args.length)).toEqual(args);
  });

  it('refuses a step whose image cannot be asked, naming it, its image, the registry and the cure', async () => {
    const input = manifest([sh('a', 'true'), { name: 'b', image: 'registry.invalid/b:1' }]);
    const { exitCode, stdout, stderr } = await taskflow(['render', '-'], { input });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /^step b has no command: image registry\.invalid\/b:1: registry registry\.invalid cannot be reached: .*, or give the step a command:\n$/,
    );
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { expand } from '../../shared/turn/expansion.ts';
import { taskflow } from '../support/cli.ts';
import { scratch } from '../support/scratch.ts';

const task = (params: string[], step: string[]): string =>
  [
    'apiVersion: api.practice.com/v1alpha1',
    'kind: Task',
    'metadata: { name: t }',
    'spec:',
    '  params:',
    ...params.map((line) => `    ${line}`),
    '  steps:',
    '    - name: a',
    '      image: busybox',
    ...step.map((line) => `      ${line}`),
  ].join('\n');

const PARAMS = [
  '- { name: url, description: what }',
  '- { name: flags, type: array, value: [-v] }',
  "- { name: publish, default: 'no', enum: ['yes', 'no'] }",
  "- { name: opts, type: object, default: { mode: fast, level: '3' } }",
];
const SHOW = [
  "command: [printf, '<%s>', '$(params.url)', '$(params.flags[*])', '$(params.opts.mode)', '$(params.publish)']",
];

const run = (args: string[], text = task(PARAMS, SHOW)) =>
  taskflow(['run', '-o', 'json', ...args, '-'], { input: text });

/** What step a printed. */
const printed = (stdout: string): string =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; line?: string })
    .filter(({ type }) => type === 'Log')
    .map(({ line = '' }) => line)
    .join('\n');

describe('taskflow run', () => {
  it.each<[string, string[], string]>([
    ['-p', ['-p', 'url=u'], '<u><-v><fast><no>'],
    ['--param, with what looks like an option', ['--param=url=-x'], '<-x><-v><fast><no>'],
    ['an array', ['-p', 'url=u', '-p', 'flags=a b', '-p', 'flags='], '<u><a b><><fast><no>'],
    ['a key of an object', ['-p', 'url=u', '-p', 'opts.mode=slow'], '<u><-v><slow><no>'],
    ['an object', ['-p', 'url=u', '-p', 'opts={"mode":"slow"}'], '<u><-v><slow><no>'],
    ['a word of an enum', ['-p', 'url=u', '-p', 'publish=yes'], '<u><-v><fast><yes>'],
  ])('takes %s', async (_, args, expected) => {
    const { stdout, stderr, exitCode } = await run(args);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(printed(stdout)).toBe(expected);
  });

  it('takes files, of which a later one wins, and -p over them', async () => {
    const directory = await scratch();
    const [one, two] = [join(directory, 'one.yaml'), join(directory, 'two.json')];
    await writeFile(one, 'url: one\nflags: [x, z]\nopts:\n  mode: m\n');
    await writeFile(two, '{"publish":"yes","url":"two"}');
    const { stdout } = await run(['--params-file', one, '--params-file', two, '-p', 'url=three']);
    expect(printed(stdout)).toBe('<three><x><z><m><yes>');
  });

  it.each<[string, string[], RegExp]>([
    ['a missing value', [], /^<stdin>:6:7: spec\.params\[0\]: param url has no value; .* -p url=VALUE$/m],
    ['an unknown name', ['-p', 'ulr=u'], /^-p ulr: no Task has a param "ulr"; did you mean "url"\?$/m],
    [
      'a value outside of enum',
      ['-p', 'url=u', '-p', 'publish=secret'],
      /^<stdin>:8:7: spec\.params\[2\]\.value: -p publish: is none of the values .*: "yes", "no"$/m,
    ],
    ['a string twice', ['-p', 'url=u', '-p', 'url=v'], /-p url: given more than once/],
    ['no value', ['-p', 'url'], /^taskflow: -p needs NAME=VALUE$/m],
    ['no file', ['--params-file', '/nowhere.yaml'], /^\/nowhere\.yaml: no such file/m],
  ])('says what is wrong, and runs nothing: %s', async (_, args, message) => {
    const { stdout, stderr, exitCode } = await run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('secret');
    expect([exitCode, stdout]).toEqual([2, '']);
  });

  it('says where in a file a value is wrong', async () => {
    const file = join(await scratch(), 'p.yaml');
    await writeFile(file, 'url: u\nflags: [a, 1]\n');
    const { stderr } = await run(['--params-file', file]);
    expect(stderr).toContain(`spec.params[1].value[1]: ${file}:2:1: expected a string`);
  });

  it.each<[string, string[], string]>([
    [
      'an unknown param',
      ["args: ['$(params.ulr)']"],
      '13:14: spec.steps[0].args[0]: $(params.ulr): spec.params has no "ulr"; did you mean "url"?',
    ],
    ['a duration', ["timeout: '$(params.url)'"], '13:16: spec.steps[0].timeout: expected a duration'],
    ['a quantity', ["resources: { limits: { cpu: '$(params.url)' } }"], 'takes no reference'],
    ['a name of a variable', ["env: [{ name: '$(params.url)' }]"], 'takes no reference'],
    ['a port', ["ports: [{ containerPort: '$(params.url)' }]"], 'takes no reference'],
  ])('says where a reference makes no sense: %s', async (_, step, message) => {
    const { stderr, exitCode } = await run(['-p', 'url=u'], task(PARAMS, step));
    expect(exitCode).toBe(2);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });

  it('warns of a param outside of quotes in a script, as render does', async () => {
    const text = task(PARAMS, ['script: echo $(params.url) "$(params.opts.mode)" $(params.publish)']);
    const warning = /^warning: step a puts param url into a shell line without quotes.*\n$/;
    expect((await run(['-p', 'url=u'], text)).stderr).toMatch(warning);
    expect((await taskflow(['render', '-p', 'url=u', '-'], { input: text })).stderr).toMatch(warning);
  });
});

const ODD = [
  '',
  'a "b" \'c\'',
  'two\nlines\n',
  '$(params.url) $(HOME) $$ $x',
  '🎉 é',
  'x'.repeat(100_000),
  ' ',
  '-n',
];

describe('values', () => {
  it('arrive byte for byte in arguments, variables and scripts, here and in the pod', async () => {
    const file = join(await scratch(), 'p.json');
    await writeFile(file, JSON.stringify({ odd: ODD }));
    const text = task(
      ['- { name: odd, type: array }'],
      [
        'command: [/bin/sh, -c, \'for each; do printf %s "$each" | cksum; done; env -0 | sort -z | grep -z ^V[0-9] | cut -zc4- | tr "\\\\0" "\\\\1" | cksum\', sh]',
        "args: ['$(params.odd[*])']",
        'env:',
        ...ODD.map((_, index) => `  - { name: V${index}, value: '$(params.odd[${index}])' }`),
      ],
    );
    const { stdout } = await run(['--params-file', file], text);
    const lines = printed(stdout).split('\n');
    expect(lines.map((line) => Number(line.split(' ')[1]))).toEqual([
      ...ODD.map((value) => Buffer.byteLength(value)),
      ODD.reduce((sum, value) => sum + Buffer.byteLength(value) + 1, 0),
    ]);

    const rendered = await taskflow(['render', '--params-file', file, '-'], { input: text });
    const { spec } = parse(rendered.stdout) as {
      spec: { containers: { args: string[]; env: { value: string }[] }[] };
    };
    const [container] = spec.containers;
    const read = (words: string[] = []): string[] => words.map((word) => expand(word, new Map()));
    expect(read(container?.args.slice(-ODD.length))).toEqual(ODD);
    expect(read(container?.env.map(({ value }) => value))).toEqual(ODD);

    const references = ODD.map((_, index) => `<$(params.odd[${index}])>`).join('');
    const script = await taskflow(['render', '--params-file', file, '-'], {
      input: task(['- { name: odd, type: array }'], [`script: '#!/bin/cat ${references}'`]),
    });
    const [map] = parseAllDocuments(script.stdout).map(
      (document) => document.toJS() as { data: { a: string } },
    );
    expect(map?.data.a).toBe(`#!/bin/cat ${ODD.map((value) => `<${value}>`).join('')}`);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillIn, tryFillIn, type Filling } from '../../../../shared/task/references/fill.ts';
import { type ParamValue } from '../../../../shared/task/references/known.ts';
import { PodTooLargeError } from '../../../../shared/task/size.ts';
import { expand } from '../../../../shared/turn/expansion.ts';

const VALUES: Record<string, ParamValue> = {
  x: 'v',
  flags: ['-v', '-race'],
  none: [],
  opts: { mode: 'fast', 'a.b/c': 'd' },
  own: 'taskflow',
  dollar: '$(HOME) $$ $(params.x)',
};

const filling = (values: Record<string, ParamValue | undefined> = VALUES): Filling => ({
  values: new Map(Object.entries({ flags: VALUES['flags'], ...values })),
  paths: {
    workspace: ({ name, mountPath }) =>
      name === 'unbound' ? undefined : (mountPath ?? `/workspace/${name}`),
    result: (step, name) => `/run/${step}/results/${name}`,
  },
});

const WORKSPACES = [
  { name: 'source' },
  { name: 'cache', mountPath: '/c/$(params.flags[0])' },
  { name: 'unbound' },
];

/** A Task's step with its neighbours. */
const specOf = (step: object, rest: object = {}): object => ({
  workspaces: WORKSPACES,
  steps: [
    { name: 'first', results: ['commit'] },
    { name: 'a', results: ['out'], ...step },
  ],
  finally: [{ name: 'last' }],
  ...rest,
});

const stepAfter = (step: object, values?: Record<string, ParamValue>): object => {
  const { steps } = fillIn(specOf(step), filling(values)) as { steps: object[] };
  const { name: _, results: _results, ...filled } = steps[1] as { name: string; results: unknown };
  return filled;
};

describe('filling in', () => {
  it.each<[string, object, object]>([
    ['a param in a script', { script: 'echo $(params.x)' }, { script: 'echo v' }],
    ['a param twice, and beside text', { script: '$(params.x)-$(params.x)' }, { script: 'v-v' }],
    ['an item of a list', { script: '$(params.flags[1])' }, { script: '-race' }],
    ['a key of an object', { script: '$(params.opts.mode)' }, { script: 'fast' }],
    ['a key with dots and slashes', { script: '$(params.opts.a.b/c)' }, { script: 'd' }],
    ['a list in a list', { args: ['a', '$(params.flags[*])', 'b'] }, { args: ['a', '-v', '-race', 'b'] }],
    ['an empty list in a list', { args: ['a', '$(params.none[*])'] }, { args: ['a'] }],
    [
      'a list in any other list',
      { securityContext: { capabilities: { add: ['$(params.flags[*])'] } } },
      { securityContext: { capabilities: { add: ['-v', '-race'] } } },
    ],
    ['an image', { image: 'registry/$(params.x):1' }, { image: 'registry/v:1' }],
    [
      'what is nested deep',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: '$(params.x)', key: 'k' } } }] },
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'v', key: 'k' } } }] },
    ],
    [
      'the path of a workspace',
      { workingDir: '$(workspaces.source.path)/app' },
      { workingDir: '/workspace/source/app' },
    ],
    ['a mountPath that has a param', { script: '$(workspaces.cache.path)' }, { script: '/c/-v' }],
    [
      'whether a workspace is bound',
      { script: '$(workspaces.source.bound) $(workspaces.unbound.bound) <$(workspaces.unbound.path)>' },
      { script: 'true false <>' },
    ],
    ['a result of the step itself', { script: '>$(results.out.path)' }, { script: '>/run/2/results/out' }],
    [
      'in a script only what is ours',
      { script: '$(ls) $x ${y} $$ $$(id) `z` $(params)' },
      { script: '$(ls) $x ${y} $$ $$(id) `z` $(params)' },
    ],
    [
      'a reference that is doubled in a script: once',
      { script: 'a $$(params.x)' },
      { script: 'a $(params.x)' },
    ],
    ['a shell’s own $$ before a reference', { script: '$$$(params.x)' }, { script: '$$v' }],
    ['two pairs before a reference: one less', { script: '$$$$(params.x)' }, { script: '$$$(params.x)' }],
    [
      'a doubled reference for the kubelet: not at all',
      { args: ['$$(params.x)'] },
      { args: ['$$(params.x)'] },
    ],
    [
      'a value in an argument: its $ doubled',
      { args: ['$(params.dollar)'] },
      { args: ['$$(HOME) $$$$ $$(params.x)'] },
    ],
    [
      'a value in a variable: its $ doubled',
      { env: [{ name: 'A', value: '$(B)$(params.dollar)' }] },
      { env: [{ name: 'A', value: '$(B)$$(HOME) $$$$ $$(params.x)' }] },
    ],
    [
      'a value in a script: as it is, and once',
      { script: '$(params.dollar)' },
      { script: '$(HOME) $$ $(params.x)' },
    ],
    [
      'a value in the command of a probe, which the kubelet reads too',
      { readinessProbe: { exec: { command: ['$(params.dollar)'] } } },
      { readinessProbe: { exec: { command: ['$$(HOME) $$$$ $$(params.x)'] } } },
    ],
    [
      'a value in a preStop, which nobody reads',
      { lifecycle: { preStop: { exec: { command: ['$(params.dollar)'] } } } },
      { lifecycle: { preStop: { exec: { command: ['$(HOME) $$ $(params.x)'] } } } },
    ],
    ['a name that would begin before a value', { args: ['$(A $(params.x))'] }, { args: ['$$(A v)'] }],
    ['variables of the kubelet: not at all', { args: ['$(A) $(params.x) $(B'] }, { args: ['$(A) v $(B'] }],
    [
      'what only the agent knows: not yet',
      { args: ['$(steps.first.results.commit)$(params.x)'] },
      { args: ['$(steps.first.results.commit)v'] },
    ],
    [
      'the values of conditions',
      { when: [{ input: '$(params.x)', operator: 'in', values: ['$(params.flags[*])', 'z'] }] },
      { when: [{ input: 'v', operator: 'in', values: ['-v', '-race', 'z'] }] },
    ],
  ])('%s', (_, step, expected) => {
    expect(stepAfter(step)).toEqual(expected);
  });

  it('is done everywhere in a Task, and leaves what has nothing to fill in as it is', () => {
    const spec = specOf(
      {},
      {
        params: [{ name: 'x', default: '$(params.x)' }],
        sidecars: [{ name: 's', image: '$(params.x)', args: ['$(params.flags[*])'] }],
        stepTemplate: { image: '$(params.x)' },
        volumes: [{ name: 'v', configMap: { name: '$(params.x)' } }],
        podTemplate: { nodeSelector: { pool: '$(params.x)' }, hostname: 'h' },
        results: [{ name: 'r', value: '$(params.dollar) $(steps.first.results.commit)' }],
        finally: [{ name: 'f', args: ['$(outcome)', '$(steps.a.outcome)', '$(params.x)'] }],
      },
    );
    const filled = fillIn(spec, filling());
    expect(filled).toMatchObject({
      params: [{ name: 'x', default: '$(params.x)' }],
      workspaces: [{}, { name: 'cache', mountPath: '/c/-v' }, {}],
      sidecars: [{ name: 's', image: 'v', args: ['-v', '-race'] }],
      stepTemplate: { image: 'v' },
      volumes: [{ name: 'v', configMap: { name: 'v' } }],
      podTemplate: { nodeSelector: { pool: 'v' }, hostname: 'h' },
      results: [{ name: 'r', value: '$$(HOME) $$$$ $$(params.x) $(steps.first.results.commit)' }],
      finally: [{ name: 'f', args: ['$(outcome)', '$(steps.a.outcome)', 'v'] }],
    });
    expect(Reflect.get(filled, 'steps')).toBe(Reflect.get(spec, 'steps'));
    const plain = { steps: [{ name: 'a', args: ['$(HOME)', '$$'] }] };
    expect(fillIn(plain, filling())).toBe(plain);
  });

  it('gives each value byte for byte, however odd it is', () => {
    for (const x of [
      '',
      '"',
      "'",
      'a\nb\n',
      '$',
      '$$',
      '$(params.x)',
      '$(A)',
      'é🎉',
      'x'.repeat(100_000),
      '\\',
      ')',
      '__proto__',
    ]) {
      const { args, script } = stepAfter({ args: ['<$(params.x)>'], script: '<$(params.x)>' }, { x }) as {
        args: string[];
        script: string;
      };
      expect(script).toBe(`<${x}>`);
      expect(expand(args[0] ?? '', new Map([['A', 'no']]))).toBe(`<${x}>`);
    }
  });

  it('ends where the values become more than any pod can hold', () => {
    const args = Array.from({ length: 100 }, () => '$(params.x)');
    expect(() => stepAfter({ args }, { x: 'x'.repeat(100_000) })).toThrow(PodTooLargeError);
  });

  it('goes through long texts of half references in linear time', () => {
    const text = '$(params.'.repeat(100_000);
    expect(
      tryFillIn(specOf({ script: text, args: [text, '$('.repeat(500_000)] }), filling()).problems.length,
    ).toBeGreaterThan(0);
  });
});

describe('a reference that stands for nothing', () => {
  it.each<[string, object, string, string]>([
    [
      'an unknown param',
      { script: '$(params.flgs[0])' },
      'steps.1.script',
      'spec.params has no "flgs"; did you mean "flags"?',
    ],
    [
      'one that is like no other',
      { script: '$(params.zzzzzz)' },
      'steps.1.script',
      'declare it there, or write $$( for the text itself',
    ],
    [
      'an array as a text',
      { args: ['$(params.flags)'] },
      'steps.1.args.0',
      'param flags is an array; write $(params.flags[*])',
    ],
    ['an array with a key', { script: '$(params.flags.a)' }, 'steps.1.script', 'is an array and has no keys'],
    [
      'all of an array beside text',
      { args: ['-x $(params.flags[*])'] },
      'steps.1.args.0',
      'write it as an item of a list',
    ],
    [
      'all of an array where no list is',
      { script: '$(params.flags[*])' },
      'steps.1.script',
      'write it as an item of a list',
    ],
    [
      'an item that is not there',
      { script: '$(params.flags[2])' },
      'steps.1.script',
      'has the items [0] to [1]; there is no [2]',
    ],
    ['an item of an empty array', { script: '$(params.none[0])' }, 'steps.1.script', 'param none is empty'],
    [
      'an object as a text',
      { script: '$(params.opts)' },
      'steps.1.script',
      'write $(params.opts.KEY), its keys are mode, a.b/c',
    ],
    ['an object as a list', { args: ['$(params.opts[*])'] }, 'steps.1.args.0', 'param opts is an object'],
    [
      'an unknown key',
      { script: '$(params.opts.mod)' },
      'steps.1.script',
      'has no key "mod"; did you mean "mode"?',
    ],
    [
      'an item of a string',
      { script: '$(params.x[0])' },
      'steps.1.script',
      'param x is a string; write $(params.x)',
    ],
    ['a key of a string', { script: '$(params.x.y)' }, 'steps.1.script', 'param x is a string'],
    ['Tekton’s brackets', { script: '$(params["x"])' }, 'steps.1.script', 'write $(params.NAME)'],
    ['no name', { script: '$(params.)' }, 'steps.1.script', 'write $(params.NAME)'],
    ['no end', { script: 'echo $(params.x' }, 'steps.1.script', 'nothing closes it'],
    [
      'an unknown workspace',
      { script: '$(workspaces.sorce.path)' },
      'steps.1.script',
      'did you mean "source"?',
    ],
    [
      'an unknown field of a workspace',
      { script: '$(workspaces.source.dir)' },
      'steps.1.script',
      'write $(workspaces.NAME.path)',
    ],
    [
      'a workspace that the step leaves out',
      { workspaces: [{ name: 'cache' }], script: '$(workspaces.source.path)' },
      'steps.1.script',
      'is not among them',
    ],
    [
      'a result of another step',
      { script: '$(results.commit.path)' },
      'steps.1.script',
      'step a has no result "commit"',
    ],
    [
      'a step’s result in a script',
      { script: '$(steps.first.results.commit)' },
      'steps.1.script',
      'put it into env of the step',
    ],
    [
      'a step’s result in a workingDir',
      { workingDir: '$(steps.first.results.commit)' },
      'steps.1.workingDir',
      'put it into env',
    ],
    ['an unknown step', { args: ['$(steps.frist.outcome)'] }, 'steps.1.args.0', 'did you mean "first"?'],
    [
      'an unknown result',
      { args: ['$(steps.first.results.comit)'] },
      'steps.1.args.0',
      'did you mean "commit"?',
    ],
    ['the step itself', { args: ['$(steps.a.outcome)'] }, 'steps.1.args.0', 'is this step itself'],
    [
      'a step that does not come before',
      { after: [], args: ['$(steps.first.outcome)'] },
      'steps.1.args.0',
      'does not come before step a',
    ],
    ['the outcome of the Task', { args: ['$(outcome)'] }, 'steps.1.args.0', 'only steps of finally'],
    ['a reference in a name', { env: [{ name: '$(params.x)' }] }, 'steps.1.env.0.name', 'takes no reference'],
    [
      'a reference in a port',
      { readinessProbe: { tcpSocket: { port: '$(params.x)' } } },
      'steps.1.readinessProbe.tcpSocket.port',
      'has a format of its own',
    ],
    [
      'a path that becomes taskflow’s own',
      { volumeMounts: [{ name: 'v', mountPath: '/$(params.own)/x' }] },
      'steps.1.volumeMounts.0.mountPath',
      'taskflow uses /taskflow',
    ],
    [
      'a reference in the name of a field',
      { resources: { limits: { '$(params.x)': '1' } } },
      'steps.1.resources.limits.$(params.x)',
      'the name of a field',
    ],
  ])('%s', (_, step, path, message) => {
    const { problems } = tryFillIn(specOf(step), filling());
    expect(problems.map((problem) => problem.path.join('.'))).toEqual([path]);
    expect(problems[0]?.message).toContain(message);
  });

  it('is a step’s result in what is no step, which no env of a step could bring there', () => {
    const sidecars = [{ name: 's', image: 'b', args: ['$(steps.first.exitCode)'] }];
    const { problems } = tryFillIn({ ...specOf({}), sidecars }, filling());
    expect(problems).toMatchObject([
      {
        path: ['sidecars', 0, 'args', 0],
        message: expect.stringContaining('this is made before the first begins; use it in a step') as string,
      },
    ]);
  });

  it('is not said of a param whose value is wrong: that is said elsewhere', () => {
    expect(
      tryFillIn(specOf({ args: ['$(params.x)', '$(params.x[*])'] }), filling({ x: undefined })).problems,
    ).toEqual([]);
  });

  it('is said with its place', () => {
    expect(() => fillIn(specOf({ script: '$(params.y)' }), filling())).toThrow(
      'spec.steps[1].script: $(params.y): spec.params has no "y"',
    );
  });

  it('refuses what a sidecar or the template cannot know', () => {
    const spec = specOf(
      {},
      {
        sidecars: [{ name: 's', args: ['$(steps.first.outcome)'] }],
        stepTemplate: { env: [{ name: 'A', value: '$(outcome)' }] },
        results: [{ name: 'r', value: '$(steps.first.results.nothing)' }],
      },
    );
    expect(tryFillIn(spec, filling()).problems.map(({ path }) => path.join('.'))).toEqual([
      'sidecars.0.args.0',
      'stepTemplate.env.0.value',
      'results.0.value',
    ]);
  });
});

describe('whatever a value says', () => {
  const piece = fc.constantFrom(
    '$',
    '$$',
    '(',
    ')',
    'A',
    'params.x',
    '$(params.x)',
    '$(A)',
    '$(',
    ' ',
    '$(params.y',
    'steps.first.outcome',
    '\n',
    'é',
  );
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const MARK = 'Qq';
  const args = (template: string, x: string): string | undefined => {
    const { filled, problems } = tryFillIn(
      { steps: [{ name: 'a', args: [template], script: template }] },
      filling({ x, y: 'w' }),
    );
    return problems.length > 0 ? undefined : (filled.steps[0]?.args[0] ?? '');
  };

  it('the text around it means the same, once the kubelet has read it', () => {
    fc.assert(
      fc.property(text, text, (template, value) => {
        const [one, other] = [args(template, value), args(template, MARK)];
        expect(one === undefined).toBe(other === undefined);
        const variables = new Map([['A', 'env']]);
        expect(one && expand(one, variables)).toBe(
          other && expand(other, variables).replaceAll(MARK, () => value),
        );
      }),
      { numRuns: 5_000 },
    );
  });

  it('counts once: what is filled in is not read again', () => {
    fc.assert(
      fc.property(text, (value) => {
        const { filled } = tryFillIn(
          { steps: [{ name: 'a', script: '<$(params.x)|$(params.x)>' }] },
          filling({ x: value }),
        );
        expect(filled.steps[0]?.script).toBe(`<${value}|${value}>`);
      }),
    );
  });

  it('a text without references is the text, for a shell and for the kubelet', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '(', ')', 'a', '{', ' ') }), (template) => {
        const spec = { steps: [{ name: 'a', args: [template], script: template }] };
        expect(tryFillIn(spec, filling())).toEqual({ filled: spec, problems: [] });
      }),
    );
  });
});

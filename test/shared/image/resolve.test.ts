import { describe, expect, it } from 'vitest';
import { expand } from '../../../shared/turn/expansion.ts';
import { asDigest } from '../../../shared/image/digest.ts';
import { NoImageCommandError, NoSuchPlatformError } from '../../../shared/image/errors.ts';
import { imageFor, wordsOf, type FoundImage } from '../../../shared/image/found.ts';
import { literally, resolveCommand } from '../../../shared/image/resolve.ts';
import { parseRetryAfter, retryDelay } from '../../../shared/image/retry.ts';
import { bestPlatform, normalizePlatform, runnablePlatforms } from '../../../shared/turn/platform.ts';
import { podOf } from '../../../shared/pod/pod.ts';
import { taskSchema, type Step } from '../../../shared/task/task.ts';

const DIGEST = asDigest(`sha256:${'0'.repeat(64)}`) ?? '';

function image(commands: Record<string, [string[], string[]]>, index = true): FoundImage {
  return {
    image: 'app',
    reference: 'docker.io/library/app:latest',
    registry: 'docker.io',
    index,
    from: 'registry',
    pinned: `app@${DIGEST}`,
    digest: DIGEST as FoundImage['digest'],
    platforms: Object.entries(commands).map(([platform, [entrypoint, cmd]]) => ({
      platform,
      entrypoint,
      cmd,
      digest: DIGEST as FoundImage['digest'],
    })),
  };
}

describe('what a container runs', () => {
  // The table of the Kubernetes documentation, and the rows that it leaves out.
  it.each<[string, string[], string[], string[] | undefined, string[] | undefined, string[]]>([
    ['nothing of its own', ['/ep-1'], ['foo', 'bar'], undefined, undefined, ['/ep-1', 'foo', 'bar']],
    ['a command', ['/ep-1'], ['foo', 'bar'], ['/ep-2'], undefined, ['/ep-2']],
    ['args', ['/ep-1'], ['foo', 'bar'], undefined, ['zoo', 'boo'], ['/ep-1', 'zoo', 'boo']],
    ['a command and args', ['/ep-1'], ['foo', 'bar'], ['/ep-2'], ['zoo', 'boo'], ['/ep-2', 'zoo', 'boo']],
    ['empty lists', ['/ep-1'], ['foo'], [], [], ['/ep-1', 'foo']],
    ['nothing, its image only CMD', [], ['sh'], undefined, undefined, ['sh']],
    ['args, its image only CMD', [], ['sh'], undefined, ['ls'], ['ls']],
    ['the original’s step', ['/script.sh'], [], undefined, ['10'], ['/script.sh', '10']],
    ['nothing, and so its image', [], [], undefined, undefined, []],
  ])('that has %s', (_, entrypoint, cmd, command, args, runs) => {
    const step = { ...(command && { command }), ...(args && { args }) };
    expect(resolveCommand({ entrypoint, cmd }, step)).toEqual(runs);
    if (command === undefined && runs.length > 0) {
      const { words } = wordsOf(image({ 'linux/amd64': [entrypoint, cmd] }), args);
      expect([...(words as string[]), ...(args ?? [])]).toEqual(runs);
    }
  });

  it('is what its image says word for word, also where that looks like a variable', () => {
    const words = ['$(HOME)', '$$', '$HOME', 'a$', '$$(X)'];
    expect(literally(words).map((word) => expand(word, new Map([['HOME', '/root']])))).toEqual(words);
  });
});

describe('a platform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['Linux/x86_64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/6', 'linux/arm/v6'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/armel/v7', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armhf/v6', 'linux/arm/v7'],
    ['linux/i386/v1', 'linux/386'],
    ['linux/arm64/v8.0', 'linux/arm64'],
    ['linux/arm64/9.0', 'linux/arm64/v9'],
    ['linux/arm64/v9.2', 'linux/arm64/v9.2'],
    ['linux/amd64/2', 'linux/amd64/2'],
    ['linux/s390x', 'linux/s390x'],
    ['linux', undefined],
    ['linux/', undefined],
    ['a/b/c/d', undefined],
    ['linux/amd 64', undefined],
  ])('%s has one spelling: %s', (text, normal) => expect(normalizePlatform(text)).toBe(normal));

  it.each<[string, string[]]>([
    ['linux/amd64', ['linux/amd64', 'linux/386']],
    ['linux/amd64/v3', ['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64', 'linux/386']],
    ['linux/arm64', ['linux/arm64', 'linux/arm/v8', 'linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']],
    ['linux/arm/v6', ['linux/arm/v6', 'linux/arm/v5']],
    ['linux/s390x', ['linux/s390x']],
    ['linux/arm/v4', ['linux/arm/v4']],
    ['linux/amd64/2', ['linux/amd64/2', 'linux/amd64', 'linux/386']],
    ['nonsense', []],
  ])('%s runs what containerd would choose for it, in that order', (machine, all) => {
    expect(runnablePlatforms(machine)).toEqual(all);
  });

  const ARM = ['arm/v5', 'arm/v6', 'arm/v7', 'arm/v8', 'arm64', 'arm64/v8'];
  const v = (major: number, from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `arm64/v${major}.${from + index}`);

  // The table of containerd's own test, github.com/containerd/platforms/compare_test.go.
  it.each<{ machine: string; runs: string[]; not: string[] }>([
    { machine: 'amd64', runs: ['amd64', '386'], not: ['amd64/v2', 'arm/v7', 'arm64'] },
    {
      machine: 'amd64/v2',
      runs: ['amd64', 'amd64/v1', 'amd64/v2', '386'],
      not: ['amd64/v3', 'amd64/v4', 'arm/v7', 'arm64'],
    },
    { machine: '386', runs: ['386'], not: ['amd64', 'arm/v7', 'arm64'] },
    {
      machine: 'arm/v8',
      runs: ['arm', 'arm/v5', 'arm/v6', 'arm/v7', 'arm/v8'],
      not: ['amd64', 'arm/v4', 'arm64'],
    },
    {
      machine: 'arm/v7',
      runs: ['arm', 'arm/v5', 'arm/v6', 'arm/v7'],
      not: ['amd64', 'arm/v4', 'arm/v8', 'arm64'],
    },
    { machine: 'arm/v6', runs: ['arm/v5', 'arm/v6'], not: ['arm', 'arm/v4', 'arm/v7', 'arm/v8', 'arm64'] },
    { machine: 'arm/v5', runs: ['arm/v5'], not: ['arm', 'arm/v4', 'arm/v6', 'arm/v7', 'arm/v8', 'arm64'] },
    { machine: 'arm/v4', runs: ['arm/v4'], not: ['arm', 'arm/v5', 'arm/v6', 'arm/v7', 'arm/v8', 'arm64'] },
    {
      machine: 'arm64/v9.6',
      runs: [...ARM, ...v(8, 1, 9), 'arm64/v9', ...v(9, 0, 6)],
      not: ['amd64', 'arm/v4', 'arm64/v8.10', 'arm64/v9.7'],
    },
    {
      machine: 'arm64/v9',
      runs: [...ARM, ...v(8, 1, 5), 'arm64/v9', 'arm64/v9.0'],
      not: ['amd64', 'arm/v4', 'arm64/v8.6'],
    },
    {
      machine: 'arm64/v8.1',
      runs: [...ARM, 'arm64/v8.1'],
      not: ['amd64', 'arm/v4', 'arm/v9', 'arm64/v9', 'arm64/v8.2'],
    },
    { machine: 'arm64', runs: ARM, not: ['amd64', 'arm/v4', 'arm/v9', 'arm64/v9'] },
  ])('linux/$machine runs what containerd’s own test says', ({ machine, runs, not }) => {
    const offered = (name: string): string | undefined =>
      bestPlatform(`linux/${machine}`, [normalizePlatform(`linux/${name}`) ?? '']);
    expect(runs.filter((name) => offered(name) === undefined)).toEqual([]);
    expect(not.filter((name) => offered(name) !== undefined)).toEqual([]);
  });

  it('that a machine cannot run is not chosen', () => {
    expect(bestPlatform('linux/arm/v6', ['linux/arm/v7', 'linux/amd64'])).toBeUndefined();
  });
});

describe('the image of a step', () => {
  const TWO: Record<string, [string[], string[]]> = {
    'linux/amd64': [['/a'], ['x']],
    'linux/arm64': [['/b', '$(HOME)'], ['x']],
  };
  const containerOf = (step: Partial<Step>, found: FoundImage) =>
    podOf(
      taskSchema.parse({
        apiVersion: 'api.practice.com/v1alpha1',
        kind: 'Task',
        metadata: { name: 'test' },
        spec: { steps: [{ name: 'a', image: 'app', ...step }] },
      }),
      { agentImage: 'agent', images: new Map([[step.image ?? 'app', found]]) },
    ).spec.containers[0];

  it('gives every platform’s command to the agent as one value, before the step’s args', () => {
    const container = containerOf({ args: ['10', '$(N)'] }, image(TWO));
    expect(container?.args?.slice(-5)).toEqual([
      '--entrypoints',
      '{"linux/amd64":["/a"],"linux/arm64":["/b","$$(HOME)"]}',
      '--command',
      '10',
      '$(N)',
    ]);
  });

  it('gives CMD too when the step has no args', () => {
    expect(containerOf({}, image(TWO))?.args?.slice(-2)).toEqual([
      '--entrypoints',
      '{"linux/amd64":["/a","x"],"linux/arm64":["/b","$$(HOME)","x"]}',
    ]);
  });

  it('gives a plain command where all platforms agree', () => {
    const same = image({ 'linux/amd64': [['/a'], ['x']], 'linux/arm64': [['/a'], ['y']] });
    expect(containerOf({ args: ['1'] }, same)?.args?.slice(-3)).toEqual(['--command', '/a', '1']);
    expect(containerOf({}, same)?.args).toContain('--entrypoints');
  });

  it.each<[string, Partial<Step>, string, string | undefined]>([
    ['of a tag', { image: 'app:1' }, `app@${DIGEST}`, undefined],
    [
      'of a tag that is always pulled',
      { image: 'app:1', imagePullPolicy: 'Always' },
      `app@${DIGEST}`,
      'Always',
    ],
    ['of latest, which Kubernetes always pulls', { image: 'app' }, `app@${DIGEST}`, 'Always'],
    [
      'of latest, pulled if it is not there',
      { imagePullPolicy: 'IfNotPresent' },
      `app@${DIGEST}`,
      'IfNotPresent',
    ],
    ['that must not be pulled', { image: 'app:1', imagePullPolicy: 'Never' }, 'app:1', 'Never'],
  ])('%s is the one that was read, with its pull policy', (_, step, name, policy) => {
    const container = containerOf(step, { ...image(TWO), pinned: `app@${DIGEST}` });
    expect({ image: container?.image, policy: container?.imagePullPolicy }).toEqual({ image: name, policy });
  });

  it('is the user’s where the step has a command', () => {
    expect(containerOf({ command: ['ls'] }, image(TWO))?.image).toBe('app');
  });

  it('that says nothing on one platform is refused, that platform named', () => {
    const found = image({ 'linux/amd64': [['/a'], []], 'linux/arm64': [[], []] });
    expect(() => wordsOf(found)).toThrow(NoImageCommandError);
    expect(() => wordsOf(found)).toThrow(/ENTRYPOINT nor CMD for linux\/arm64/);
  });

  it('is a single image’s on any machine, an index’s only on its own', () => {
    const arm: Record<string, [string[], string[]]> = { 'linux/arm64': [['/b'], []] };
    expect(imageFor(image(arm, false), 'linux/amd64').entrypoint).toEqual(['/b']);
    expect(() => imageFor(image(arm), 'linux/amd64')).toThrow(NoSuchPlatformError);
  });
});

describe('a request that failed', () => {
  const none = { status: undefined, retryAfter: undefined, broken: false };
  const now = { left: 10_000, random: 1 };

  it.each([
    ['with 500', { ...none, status: 500 }, 1, 200],
    ['with 500 again', { ...none, status: 500 }, 2, 400],
    ['with 500 three times', { ...none, status: 500 }, 3, undefined],
    ['with 501', { ...none, status: 501 }, 1, undefined],
    ['with 404', { ...none, status: 404 }, 1, undefined],
    ['with 429', { ...none, status: 429 }, 1, 200],
    ['with 429 and two seconds', { ...none, status: 429, retryAfter: 2_000 }, 1, 2_000],
    ['with 429 and two minutes', { ...none, status: 429, retryAfter: 120_000 }, 1, undefined],
    ['since the connection broke', { ...none, broken: true }, 1, 200],
    ['for another reason', none, 1, undefined],
  ])('%s is made again when that may help', (_, failure, tried, delay) => {
    expect(retryDelay(tried, failure, now)).toBe(delay);
  });

  it('is not made again when there is no time, nor at the same moment as all others', () => {
    expect(retryDelay(1, { ...none, status: 500 }, { left: 100, random: 1 })).toBeUndefined();
    expect(retryDelay(1, { ...none, status: 500 }, { left: 10_000, random: 0 })).toBe(100);
  });

  it.each([
    ['120', 120_000],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 29_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('hears Retry-After: %s', (text, ms) => expect(parseRetryAfter(text, 1_000)).toBe(ms));
});

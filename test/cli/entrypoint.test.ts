import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { fileStore } from '../../cli/image/file-store.ts';
import { hostPlatform } from '../../shared/turn/host-platform.ts';
import { taskflow as start } from '../support/cli.ts';
import { makeCertificates } from '../support/certificates.ts';
import { Blobs, OCI } from '../support/images.ts';
import { Ends, startRegistry, type Registry } from '../support/registry.ts';
import { blocksOf, ROOT } from '../support/manifests.ts';
import { scratch } from '../support/scratch.ts';
import { listen } from '../support/servers.ts';
import { registryMissing } from '../support/tools.ts';

const ORIGINAL = new URL('../shared/fixtures/example-taskflow.yaml', import.meta.url);

describe.skipIf(registryMissing !== undefined)('with a registry that can be reached', () => {
  const ends = new Ends();
  let registry: Registry;

  beforeAll(async () => {
    registry = await startRegistry(ends);
    const blobs = new Blobs();
    // An entrypoint that this machine has as well.
    const echo = blobs.image({ platform: hostPlatform(), entrypoint: ['echo', '$(HOME)'], cmd: ['5'] });
    await registry.push(blobs, echo, 'devopscube/kubernetes-job-demo:latest');
    const many = new Blobs();
    const index = many.index([
      { platform: 'linux/amd64', entrypoint: ['echo', 'amd64'] },
      { platform: 'linux/arm64/v8', entrypoint: ['echo', 'arm64'] },
    ]);
    await registry.push(many, index, 'many:1');
    const silent = new Blobs();
    await registry.push(silent, silent.image({ platform: hostPlatform() }), 'silent:1');
  });
  afterAll(() => ends.all());

  /** A user of whom nothing is known yet. */
  async function user() {
    const home = await scratch();
    const env = {
      HOME: home,
      XDG_CACHE_HOME: join(home, 'cache'),
      DOCKER_CONFIG: join(home, 'docker'),
      TASKFLOW_INSECURE_REGISTRY: registry.host,
      // The images' names stay those of the original: Docker Hub's mirror is on this machine.
      TASKFLOW_REGISTRY_MIRROR: `docker.io=http://${registry.host}`,
    };
    const taskflow = (...args: string[]) => start(args, { env });
    return { home, env, taskflow };
  }

  it.each([
    ['the original’s example', ORIGINAL.pathname],
    ['the sample that is made after it', join(ROOT, 'deploy/samples/three-steps.yaml')],
  ])('%s runs as it is', async (_, file) => {
    const { taskflow } = await user();
    const { exitCode, stdout } = await taskflow('run', file);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: 'step1 | step1\nstep2 | step2\nstep3 | $(HOME) 10\n',
    });
  });

  it('the original’s example becomes a pod whose image is pinned and whose agent is told the command', async () => {
    const { taskflow } = await user();
    const { stdout } = await taskflow('render', ORIGINAL.pathname);
    const pod = parse(stdout) as { spec: { containers: { args: string[] }[] } };
    const [, , step3] = pod.spec.containers;
    expect(step3).toMatchObject({
      image: expect.stringMatching(/^devopscube\/kubernetes-job-demo@sha256:[0-9a-f]{64}$/) as unknown,
      imagePullPolicy: 'Always',
    });
    expect(step3?.args.slice(-4)).toEqual(['--command', 'echo', '$$(HOME)', '10']);
  });

  it('an index is for every node in the pod, and this machine’s own here', async () => {
    const { taskflow, home } = await user();
    const file = join(home, 'task.yaml');
    const task = parse(await readFile(ORIGINAL, 'utf8')) as { spec: { steps: object[] } };
    task.spec.steps = [{ name: 'a', image: `${registry.host}/many:1`, args: ['x'] }];
    await writeFile(file, stringify(task));
    const pod = parse((await taskflow('render', file)).stdout) as {
      spec: { containers: { args: string[] }[] };
    };
    expect(pod.spec.containers[0]?.args.slice(-4)).toEqual([
      '--entrypoints',
      '{"linux/amd64":["echo","amd64"],"linux/arm64":["echo","arm64"]}',
      '--command',
      'x',
    ]);
    const own = hostPlatform().split('/')[1];
    expect((await taskflow('run', file)).stdout).toBe(`a | ${own} x\n`);
    expect((await taskflow('run', '--dry-run', file)).stdout).toContain(`command      echo ${own} x\n`);
  });

  it('an image that says nothing is refused before any step starts, unless the step has args', async () => {
    const { taskflow, home } = await user();
    const file = join(home, 'task.yaml');
    const task = parse(await readFile(ORIGINAL, 'utf8')) as { spec: { steps: object[] } };
    task.spec.steps.push({ name: 'last', image: `${registry.host}/silent:1` });
    await writeFile(file, stringify(task));
    const { exitCode, stdout, stderr } = await taskflow('run', file);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      `step last has no command: image ${registry.host}/silent:1: it has neither ENTRYPOINT nor CMD (registry ${registry.host}); say what to run, or give the step a command:\n`,
    );
  });

  it('entrypoint says what runs and where that comes from', async () => {
    const { taskflow } = await user();
    const { exitCode, stdout } = await taskflow('entrypoint', 'devopscube/kubernetes-job-demo');
    expect(exitCode).toBe(0);
    expect(stdout.replaceAll(/[0-9a-f]{64}/g, 'HEX')).toBe(
      [
        'devopscube/kubernetes-job-demo',
        '  is        devopscube/kubernetes-job-demo@sha256:HEX',
        '  registry  docker.io (asked now)',
        `  ${hostPlatform()}`,
        "    runs        echo '$(HOME)' 5",
        "    ENTRYPOINT  echo '$(HOME)'",
        '    CMD         5',
        '    digest      sha256:HEX',
        '',
      ].join('\n'),
    );
  });

  it.skipIf(hostPlatform() !== 'linux/amd64')('entrypoint prints what the documentation shows', async () => {
    const { taskflow } = await user();
    const [{ text } = { text: '' }] = await blocksOf('docs/images-lookup.md', 'console');
    const blobs = new Blobs();
    await registry.push(blobs, blobs.image({ platform: 'linux/amd64', cmd: ['sh'] }), 'library/busybox:1.36');
    const { stdout } = await taskflow('entrypoint', 'busybox:1.36');
    expect(`$ taskflow entrypoint busybox:1.36\n${stdout.replaceAll(/[0-9a-f]{64}/g, '…')}`).toBe(text);
  });

  it('entrypoint says it in JSON, for a platform or for all', async () => {
    const { taskflow } = await user();
    const image = `${registry.host}/many:1`;
    const commands = async (...args: string[]): Promise<unknown> => {
      const { stdout } = await taskflow('entrypoint', '-o', 'json', ...args, image);
      const [found] = JSON.parse(stdout) as { platforms: { platform: string; command: string[] }[] }[];
      return found?.platforms.map(({ platform, command }) => [platform, ...command].join(' '));
    };
    expect(await commands('--all-platforms')).toEqual(['linux/amd64 echo amd64', 'linux/arm64 echo arm64']);
    expect(await commands('--platform', 'linux/arm64/v8')).toEqual(['linux/arm64 echo arm64']);
    const { exitCode, stderr } = await taskflow('entrypoint', '--platform', 'linux/s390x', image);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('for linux/amd64, linux/arm64 only, not for linux/s390x');
  });

  it('the cache outlives the command: then no registry is asked, nor with --offline', async () => {
    const { taskflow, env } = await user();
    const image = `${registry.host}/many:1`;
    expect((await taskflow('entrypoint', '--offline', image)).stderr).toContain(
      'run it once without --offline',
    );
    await taskflow('entrypoint', image);
    expect(await readdir(join(env.XDG_CACHE_HOME, 'taskflow/images'))).toHaveLength(4);
    const before = registry.requests.length;
    expect((await taskflow('entrypoint', image)).stdout).toContain('not asked; all is from the cache');
    expect((await taskflow('entrypoint', '--offline', image)).exitCode).toBe(0);
    expect(registry.requests.length).toBe(before);
  });

  it('prints what it found, and of the rest why not', async () => {
    const { taskflow } = await user();
    const { exitCode, stdout, stderr } = await taskflow(
      ...['entrypoint', `${registry.host}/none:1`, `${registry.host}/many:1`, 'A/b', 'UPPER'],
    );
    expect(exitCode).toBe(2);
    expect(stdout).toContain('/many:1\n');
    expect(stderr).toMatch(/none:1: registry .* has no such image; check its name and tag/);
    expect(stderr).toContain('image "UPPER": names of repositories have no upper-case letters');
  });
});

describe('taskflow entrypoint', () => {
  it.each([
    ['a platform that is none', ['--platform', 'x'], 'write OS/ARCH[/VARIANT]'],
    ['a platform that steps do not run on', ['--platform', 'windows/amd64'], 'steps run on Linux only'],
    ['a registry that is none', ['--insecure-registry', 'http://x'], '--insecure-registry needs HOST[:PORT]'],
    ['a CA without a registry', ['--registry-ca', 'x.pem'], '--registry-ca needs HOST[:PORT]=FILE'],
    ['a CA that is not there', ['--registry-ca', 'x=/no/such'], '/no/such cannot be read: ENOENT'],
    ['a mirror that is no address', ['--registry-mirror', 'docker.io=x'], 'write the mirror as https://'],
  ])('refuses %s with exit code 2', async (_, args, message) => {
    const { exitCode, stdout, stderr } = await start(['entrypoint', ...args, 'busybox']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('asks a registry whose authority is named with --registry-ca, and ends at once', async () => {
    const directory = await scratch();
    const { ca, server } = await makeCertificates(directory);
    const blobs = new Blobs();
    const image = blobs.image({ platform: hostPlatform(), entrypoint: ['/run'] });
    const tls = { key: await readFile(server.key, 'utf8'), cert: await readFile(server.certificate, 'utf8') };
    const { host } = await listen(
      ({ url = '' }, response) => {
        const wanted = url.split('/').at(-1) ?? '';
        if (url.includes('/manifests/')) response.setHeader('content-type', OCI.manifest);
        response.end(blobs.content.get(wanted === '1' ? image.digest : wanted));
      },
      { tls },
    );
    const env = { XDG_CACHE_HOME: directory };
    const seen = await start(['entrypoint', '--registry-ca', `${host}=${ca}`, `${host}/a:1`], { env });
    expect(seen).toMatchObject({ exitCode: 0, stderr: '' });
    expect(seen.stdout).toContain('runs        /run\n');
    const { exitCode, stderr } = await start(['entrypoint', `${host}/a:2`], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/cannot be reached: .*--registry-ca/);
  });

  it('shows a registry the credentials of docker login: from its file, from a store, from a helper', async () => {
    const home = await scratch();
    const shown: (string | undefined)[] = [];
    const { host } = await listen(({ headers }, response) => {
      shown.push(headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    const login = async (config: object): Promise<string> => {
      await mkdir(join(home, 'docker'), { recursive: true });
      await writeFile(join(home, 'docker/config.json'), JSON.stringify(config));
      const { stderr } = await start(['entrypoint', '--insecure-registry', host, `${host}/a`], {
        env: {
          DOCKER_CONFIG: join(home, 'docker'),
          XDG_CACHE_HOME: join(home, 'cache'),
          PATH: `${home}${delimiter}${process.env['PATH']}`,
        },
      });
      return stderr;
    };
    const helper = join(home, 'docker-credential-test');
    await writeFile(
      helper,
      `#!/bin/sh\nread server\n[ "$1 $server" = "get ${host}" ] || exit 1\necho '{"ServerURL":"x","Username":"helped","Secret":"s3cret"}'\n`,
    );
    await chmod(helper, 0o755);
    const basic = (user: string): string => `Basic ${Buffer.from(user).toString('base64')}`;
    const auth = Buffer.from('filed:s3cret').toString('base64');
    const outputs = [
      await login({ auths: { [host]: { auth } } }),
      await login({ auths: { [host]: {} }, credsStore: 'test' }),
      await login({ credHelpers: { [host]: 'test' }, credsStore: 'missing' }),
      await login({ auths: { [host]: { auth } }, credsStore: 'missing' }),
      await login({}),
    ];
    expect(shown.filter((each) => each !== undefined)).toEqual(
      ['filed:s3cret', 'helped:s3cret', 'helped:s3cret', 'filed:s3cret'].map(basic),
    );
    expect(outputs.map((text) => /asked with (.*?);/.exec(text)?.[1])).toEqual([
      ...[join(home, 'docker/config.json'), 'docker-credential-test', 'docker-credential-test'],
      ...[join(home, 'docker/config.json'), 'no credentials'],
    ]);
    expect(outputs.join()).not.toMatch(/s3cret/);
  });
});

describe('the cache of the command', () => {
  it('keeps about as much as it may, and what was used last', async () => {
    const directory = join(await scratch(), 'a/b');
    const store = fileStore(directory, 3);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await store.set(key, `text of ${key}`);
    const again = fileStore(directory, 3);
    await again.set('f', 'text of f');
    expect((await readdir(directory)).length).toBeLessThanOrEqual(3);
    expect(await again.get('f')).toBe('text of f');
  });

  it('believes no file that is broken or another’s, and needs no directory that can be written', async () => {
    const directory = await scratch();
    const store = fileStore(directory);
    await store.set('a', 'text');
    const [name = ''] = await readdir(directory);
    for (const text of ['', '{', '{"key":"b","text":"x"}', '{"key":"a"}']) {
      await writeFile(join(directory, name), text);
      expect(await store.get('a')).toBeUndefined();
    }
    await fileStore('/dev/null/x').set('a', 'text');
    expect(await fileStore('/dev/null/x').get('a')).toBeUndefined();
  });
});

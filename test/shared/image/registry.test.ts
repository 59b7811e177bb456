import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ImageNotFoundError,
  NoImageCommandError,
  NoSuchPlatformError,
  NotAuthorizedError,
  RegistryUnreachableError,
} from '../../../shared/image/errors.ts';
import { imageFor, wordsOf } from '../../../shared/image/found.ts';
import { anonymous, keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookup, type LookupSettings } from '../../../shared/image/lookup.ts';
import { type RegistrySettings } from '../../../shared/image/settings.ts';
import { lookUpImages } from '../../../shared/image/steps.ts';
import { podOf } from '../../../shared/pod/pod.ts';
import { type CompleteStep } from '../../../shared/task/step-template.ts';
import { taskSchema } from '../../../shared/task/task.ts';
import { makeCertificates, makeSigner } from '../../support/certificates.ts';
import { Blobs } from '../../support/images.ts';
import { Ends, startRegistry, type Registry } from '../../support/registry.ts';
import { startTokenServer, type TokenServer } from '../../support/token-server.ts';
import { registryMissing } from '../../support/tools.ts';

const USER = 'someone:hunter2 ü';

const keyringFor = (host: string, user = USER) =>
  keyringOf([
    {
      source: 'secret ci/pull',
      format: 'dockerconfigjson',
      text: JSON.stringify({ auths: { [host]: { auth: Buffer.from(user).toString('base64') } } }),
    },
  ]);

describe.skipIf(registryMissing !== undefined)('a real registry', () => {
  const ends = new Ends();
  let open: Registry;
  let basic: Registry;
  let token: Registry;
  let tokenServer: TokenServer;
  let tls: Registry;
  let ca: string;

  beforeAll(async () => {
    const directory = await ends.directory();
    open = await startRegistry(ends);
    await fill(open, directory);

    const { data } = open;
    const [name = '', password = ''] = USER.split(':');
    const htpasswd = join(directory, 'htpasswd');
    await execa('htpasswd', ['-Bbc', htpasswd, name, password], { stdin: 'ignore' });
    basic = await startRegistry(ends, { data, auth: { htpasswd: { realm: 'test', path: htpasswd } } });

    const signer = await makeSigner(directory);
    tokenServer = await startTokenServer(ends, signer, USER);
    token = await startRegistry(ends, {
      data,
      auth: {
        token: {
          realm: `${tokenServer.url}/token`,
          service: 'test registry',
          issuer: 'test',
          rootcertbundle: signer.certificate,
        },
      },
    });

    const certificates = await makeCertificates(directory);
    ca = await readFile(certificates.ca, 'utf8');
    tls = await startRegistry(ends, { data, tls: certificates.server });
  });

  afterAll(() => ends.all());

  function lookupAt(
    registry: Registry,
    settings: RegistrySettings = {},
    more: LookupSettings = {},
  ): ImageLookup {
    const plainHttp = registry !== tls;
    return new ImageLookup({ registries: new Map([[registry.host, { plainHttp, ...settings }]]), ...more });
  }

  describe.each([
    ['that is open', () => lookupAt(open).find(`${open.host}/script:1`, { keyring: anonymous })],
    [
      'with htpasswd',
      () => lookupAt(basic).find(`${basic.host}/script:1`, { keyring: keyringFor(basic.host) }),
    ],
    [
      'behind a token service',
      () => lookupAt(token).find(`${token.host}/script:1`, { keyring: keyringFor(token.host) }),
    ],
    [
      'with TLS by an authority of its own',
      () => lookupAt(tls, { ca }).find(`${tls.host}/script:1`, { keyring: anonymous }),
    ],
  ])('%s', (_, find) => {
    it('says what the original’s image runs: its entrypoint and the step’s argument', async () => {
      const found = await find();
      expect(found).toMatchObject({ index: false, from: 'registry' });
      expect(found.pinned).toMatch(/^127\.0\.0\.1:\d+\/script@sha256:[0-9a-f]{64}$/);
      expect([...(wordsOf(found, ['10']).words as string[]), '10']).toEqual(['/script.sh', '10']);
    });
  });

  it.each<[string, string, Record<string, string[]>]>([
    ['a single OCI image', 'script:1', { 'linux/amd64': ['/script.sh', '5'] }],
    ['a single Docker image', 'script-docker:1', { 'linux/amd64': ['/script.sh', '5'] }],
    [
      'an OCI index, attestations left out',
      'multi:1',
      { 'linux/amd64': ['/amd64'], 'linux/arm64': ['/arm64', 'x'], 'linux/arm/v7': ['/armv7'] },
    ],
    [
      'a Docker manifest list',
      'multi-docker:1',
      { 'linux/amd64': ['/amd64'], 'linux/arm64': ['/arm64', 'x'], 'linux/arm/v7': ['/armv7'] },
    ],
    ['an index whose platforms agree', 'same:1', { 'linux/amd64': ['/run'], 'linux/arm64': ['/run'] }],
  ])('gives the commands of %s', async (_, name, commands) => {
    const found = await lookupAt(open).find(`${open.host}/${name}`, { keyring: anonymous });
    expect(
      Object.fromEntries(
        found.platforms.map(({ platform, entrypoint, cmd }) => [platform, [...entrypoint, ...cmd]]),
      ),
    ).toEqual(commands);
  });

  it('has images that skopeo really pushed in both kinds of media types', async () => {
    const typeOf = async (name: string): Promise<string | null> =>
      (
        await fetch(`http://${open.host}/v2/${name}/manifests/1`, {
          headers: {
            accept:
              'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json',
          },
        })
      ).headers.get('content-type');
    expect(await typeOf('script')).toContain('vnd.oci.image.manifest');
    expect(await typeOf('script-docker')).toContain('vnd.docker.distribution.manifest.v2');
    expect(await typeOf('multi')).toContain('vnd.oci.image.index');
    expect(await typeOf('multi-docker')).toContain('vnd.docker.distribution.manifest.list');
  });

  it.each([
    ['linux/arm64', '/arm64'],
    ['linux/arm64/v9', '/arm64'],
    ['linux/arm/v8', '/armv7'],
    ['linux/amd64', '/amd64'],
  ])('gives a machine of %s its own of an index, with one image read only', async (platform, command) => {
    const before = open.requests.length;
    const found = await lookupAt(open).find(`${open.host}/multi:1`, { keyring: anonymous, platform });
    expect(imageFor(found, platform).entrypoint).toEqual([command]);
    expect(open.requests.length - before).toBe(3);
  });

  it('says so when it has nothing for a machine, naming what it has', async () => {
    const looking = lookupAt(open).find(`${open.host}/multi:1`, {
      keyring: anonymous,
      platform: 'linux/s390x',
    });
    await expect(looking).rejects.toThrow(NoSuchPlatformError);
    await expect(looking).rejects.toThrow('linux/amd64, linux/arm64, linux/arm/v7 only, not for linux/s390x');
  });

  it('takes the first of two answers for one platform, as nodes do', async () => {
    const found = await lookupAt(open).find(`${open.host}/twice:1`, { keyring: anonymous });
    expect(found.platforms).toHaveLength(1);
  });

  it('cannot say what runs when the image has neither ENTRYPOINT nor CMD, unless the step has args', async () => {
    const found = await lookupAt(open).find(`${open.host}/silent:1`, { keyring: anonymous });
    expect(() => wordsOf(found)).toThrow(NoImageCommandError);
    expect(wordsOf(found, ['ls'])).toEqual({ kind: 'same', words: [] });
  });

  it.each([
    ['a tag', 'script:2'],
    ['a repository', 'nothing:1'],
    ['a digest', `script@sha256:${'0'.repeat(64)}`],
  ])('that does not have %s says so', async (_, name) => {
    await expect(lookupAt(open).find(`${open.host}/${name}`, { keyring: anonymous })).rejects.toThrow(
      ImageNotFoundError,
    );
  });

  it.each([
    ['with htpasswd', () => basic],
    ['behind a token service', () => token],
  ])('%s refuses others, and the error names what was tried but never what is in it', async (_, registry) => {
    const { host } = registry();
    const wrong = keyringFor(host, 'someone:wrong-secret');
    for (const [keyring, tried] of [
      [anonymous, 'no credentials'],
      [wrong, 'secret ci/pull'],
    ] as const) {
      const error: unknown = await lookupAt(registry())
        .find(`${host}/script:1`, { keyring })
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(NotAuthorizedError);
      expect(String(error)).toContain(`asked with ${tried}`);
      expect(JSON.stringify(error) + String(error)).not.toContain('wrong-secret');
    }
  });

  it('is asked with the next credentials when the first are refused', async () => {
    const auth = (user: string) => ({ auth: Buffer.from(user).toString('base64') });
    const keyring = keyringOf([
      {
        source: 'secret a',
        format: 'dockerconfigjson',
        text: JSON.stringify({ auths: { [`${basic.host}/scr`]: auth('x:y') } }),
      },
      { source: 'secret b', format: 'dockercfg', text: JSON.stringify({ [basic.host]: auth(USER) }) },
    ]);
    const found = await lookupAt(basic).find(`${basic.host}/script:1`, { keyring });
    expect(found.platforms[0]?.entrypoint).toEqual(['/script.sh']);
  });

  it('shows the token service its credentials, once for several requests', async () => {
    const before = tokenServer.shown.length;
    const lookup = lookupAt(token);
    const keyring = keyringFor(token.host);
    await lookup.find(`${token.host}/script:1`, { keyring });
    await lookup.find(`${token.host}/script:1`, { keyring, fresh: true });
    expect(tokenServer.shown.slice(before)).toEqual([`Basic ${Buffer.from(USER).toString('base64')}`]);
  });

  it('with a certificate of an unknown authority is not trusted', async () => {
    const error: unknown = await lookupAt(tls)
      .find(`${tls.host}/script:1`, { keyring: anonymous })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RegistryUnreachableError);
    expect(error).toMatchObject({ obstacle: 'tls' });
    expect(String(error)).toContain('--registry-ca');
  });

  it('of this machine needs no word that it speaks plain http', async () => {
    const found = await new ImageLookup().find(`${open.host}/script:1`, { keyring: anonymous });
    expect(found.platforms[0]?.entrypoint).toEqual(['/script.sh']);
  });

  it('is asked when its mirror has nothing', async () => {
    const mirror = `http://${basic.host}`;
    const found = await lookupAt(open, { mirror }).find(`${open.host}/script:1`, { keyring: anonymous });
    expect(found.platforms[0]?.entrypoint).toEqual(['/script.sh']);
  });

  it('is not asked when its mirror has the image', async () => {
    const before = open.requests.length;
    const registries = new Map([['registry.invalid', { mirror: `http://${open.host}` }]]);
    await new ImageLookup({ registries }).find('registry.invalid/script:1', { keyring: anonymous });
    expect(open.requests.slice(before)).toHaveLength(2);
  });

  describe('is asked as seldom as can be:', () => {
    it('once for a hundred steps of one image, looked up at the same time', async () => {
      const image = `${open.host}/script:1`;
      const steps = Array.from({ length: 100 }, (_, i): CompleteStep => ({
        name: `s${i}`,
        image,
        args: [String(i)],
      }));
      const before = open.requests.length;
      const lookup = lookupAt(open);
      const [images] = await Promise.all(
        Array.from({ length: 5 }, () => lookUpImages(steps, lookup, { keyring: anonymous })),
      );
      expect(open.requests.slice(before)).toHaveLength(2);
      const pod = podOf(
        taskSchema.parse({
          apiVersion: 'api.practice.com/v1alpha1',
          kind: 'Task',
          metadata: { name: 'test' },
          spec: { steps },
        }),
        { agentImage: 'agent', ...(images && { images }) },
      );
      expect(pod.spec.containers[42]?.args?.slice(-3)).toEqual(['--command', '/script.sh', '42']);
    });

    it('a cold tag takes two requests, a warm one a HEAD, within the lifetime of the tag none', async () => {
      const lookup = lookupAt(open);
      const image = `${open.host}/script:1`;
      const requestsOf = async (fresh: boolean): Promise<string[]> => {
        const before = open.requests.length;
        await lookup.find(image, { keyring: anonymous, fresh });
        return open.requests.slice(before).map((each) => each.replace(/sha256:.*/, 'DIGEST'));
      };
      expect(await requestsOf(false)).toEqual(['GET /v2/script/manifests/1', 'GET /v2/script/blobs/DIGEST']);
      expect(await requestsOf(true)).toEqual(['HEAD /v2/script/manifests/1']);
      expect(await requestsOf(false)).toEqual([]);
    });

    it('behind a token service a cold tag takes three, a warm one a HEAD', async () => {
      const lookup = lookupAt(token);
      const wanted = { keyring: keyringFor(token.host) };
      const before = token.requests.length;
      await lookup.find(`${token.host}/script:1`, wanted);
      expect(token.requests.length - before).toBe(3);
      await lookup.find(`${token.host}/script:1`, { ...wanted, fresh: true });
      expect(token.requests.slice(before + 3)).toEqual(['HEAD /v2/script/manifests/1']);
    });

    it('a digest is asked for once, however old that is', async () => {
      const lookup = lookupAt(open, {}, { tagLifetime: 0 });
      const { pinned } = await lookup.find(`${open.host}/script:1`, { keyring: anonymous });
      await lookup.find(pinned, { keyring: anonymous });
      const before = open.requests.length;
      expect(await lookup.find(pinned, { keyring: anonymous, fresh: true })).toMatchObject({
        from: 'cache',
        pinned,
      });
      expect(open.requests.length).toBe(before);
    });

    it('a tag that was moved is seen', async () => {
      const blobs = new Blobs();
      await open.push(blobs, blobs.image({ platform: 'linux/amd64', cmd: ['/old'] }), 'moving:1');
      const lookup = lookupAt(open, {}, { tagLifetime: 0 });
      const cmd = async () =>
        (await lookup.find(`${open.host}/moving:1`, { keyring: anonymous })).platforms[0]?.cmd;
      expect(await cmd()).toEqual(['/old']);
      const newer = new Blobs();
      await open.push(newer, newer.image({ platform: 'linux/amd64', cmd: ['/new'] }), 'moving:1');
      expect(await cmd()).toEqual(['/new']);
    });

    it('a failure is remembered for a short time, for those with the same credentials', async () => {
      const lookup = lookupAt(open);
      const find = () => lookup.find(`${open.host}/nothing:1`, { keyring: anonymous });
      await expect(find()).rejects.toThrow(ImageNotFoundError);
      const before = open.requests.length;
      await expect(find()).rejects.toThrow(ImageNotFoundError);
      expect(open.requests.length).toBe(before);
    });
  });

  it('is not asked for one who may read what another was told', async () => {
    const lookup = lookupAt(basic);
    await lookup.find(`${basic.host}/script:1`, { keyring: keyringFor(basic.host) });
    await expect(lookup.find(`${basic.host}/script:1`, { keyring: anonymous })).rejects.toThrow(
      NotAuthorizedError,
    );
  });
});

async function fill(registry: Registry, directory: string): Promise<void> {
  const layout = join(directory, 'umoci');
  const umoci = async (...args: string[]): Promise<void> => {
    await execa('umoci', args, { stdin: 'ignore' });
  };
  await umoci('init', '--layout', layout);
  await umoci('new', '--image', `${layout}:latest`);
  const words = ['--config.entrypoint', '/script.sh', '--config.cmd', '5'];
  await umoci('config', '--image', `${layout}:latest`, ...words, '--architecture', 'amd64', '--os', 'linux');
  await registry.copy(`oci:${layout}:latest`, 'script:1');
  await registry.copy(`oci:${layout}:latest`, 'script-docker:1', 'v2s2');

  const platforms = [
    { platform: 'linux/amd64', entrypoint: ['/amd64'] },
    { platform: 'linux/arm64/v8', entrypoint: ['/arm64'], cmd: ['x'] },
    { platform: 'linux/arm/v7', entrypoint: ['/armv7'] },
  ];
  const multi = new Blobs();
  const attested = [...platforms, { platform: 'unknown/unknown', attestation: true as const }];
  await registry.push(multi, multi.index(attested), 'multi:1');
  const docker = new Blobs();
  await registry.push(docker, docker.index(platforms), 'multi-docker:1', 'v2s2');
  const same = new Blobs();
  const run = ['linux/amd64', 'linux/arm64/v8'].map((platform) => ({ platform, entrypoint: ['/run'] }));
  await registry.push(same, same.index(run), 'same:1');
  const twice = new Blobs();
  const answers = ['/one', '/two'].map((word) => ({ platform: 'linux/amd64', entrypoint: [word] }));
  await registry.push(twice, twice.index(answers), 'twice:1');
  const silent = new Blobs();
  await registry.push(silent, silent.image({ platform: 'linux/amd64' }), 'silent:1');
}

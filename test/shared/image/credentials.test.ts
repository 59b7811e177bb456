import { describe, expect, it } from 'vitest';
import { checkRealm, parseChallenge } from '../../../shared/image/challenge.ts';
import { CredentialFileError, parseDockerConfig } from '../../../shared/image/docker-config.ts';
import { keyringOf } from '../../../shared/image/keyring.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (source: string, auths: Record<string, object>) =>
  ({ source, format: 'dockerconfigjson', text: JSON.stringify({ auths }) }) as const;

describe('credentials', () => {
  // What the kubelet's keyring answered, entry by entry.
  it.each<[string, readonly string[], string, readonly string[]]>([
    ['of a host', ['r.example'], 'r.example/a', ['r.example']],
    ['of a host with a scheme', ['https://r.example'], 'r.example/a', ['https://r.example']],
    ['of an API’s address', ['https://r.example/v1/'], 'r.example/a', ['https://r.example/v1/']],
    [
      'of a path below an API’s address',
      ['http://r.example/v1/team'],
      'r.example/team/a',
      ['http://r.example/v1/team'],
    ],
    ['of the version of an API without a slash, which is a path', ['r.example/v2'], 'r.example/a', []],
    ['of another host', ['r.example'], 'r.example.evil.com/a', []],
    ['of a host below', ['example'], 'r.example/a', []],
    ['of a host in capitals', ['R.example'], 'r.example/a', []],
    ['of a host with a dot at its end', ['r.example.'], 'r.example/a', []],
    ['of one of its ports', ['r.example:5000'], 'r.example:5000/a', ['r.example:5000']],
    ['of another port', ['r.example:5000', 'r.example:443'], 'r.example/a', []],
    ['of no port', ['r.example'], 'r.example:5000/a', []],
    ['of an empty port', ['r.example:'], 'r.example/a', ['r.example:']],
    ['of a pattern for a port', ['r.example:*'], 'r.example:5000/a', []],
    ['of a path', ['r.example/team'], 'r.example/team/app', ['r.example/team']],
    [
      'of a path that a name only begins with',
      ['r.example/team'],
      'r.example/teammate/a',
      ['r.example/team'],
    ],
    ['of a path with a slash at its end', ['r.example/team/'], 'r.example/team/a', ['r.example/team/']],
    ['of that path, for the path itself', ['r.example/team/'], 'r.example/team', []],
    ['of another path', ['r.example/team'], 'r.example/other/app', []],
    ['of a pattern', ['*.example'], 'r.example/a', ['*.example']],
    ['of a pattern that is for one label', ['*.example'], 'a.b.example/a', []],
    ['of a pattern within a label', ['r*.example'], 'reg.example/a', ['r*.example']],
    ['of a pattern for each label', ['*.*.example'], 'a.b.example/a', ['*.*.example']],
    ['of a pattern with a port', ['*:5000'], 'localhost:5000/a', ['*:5000']],
    ['of a pattern with a path', ['*.example/team'], 'r.example/team/a', ['*.example/team']],
    ['of other patterns than stars', ['r[a-z].example', 'r?.example', 'r\\*.example'], 'rx.example/a', []],
    ['of this machine', ['[::1]:5000'], '[::1]:5000/a', ['[::1]:5000']],
    [
      'of an address with more to it',
      ['u@r.example', 'r.example?x', 'r.example#x'],
      'r.example/a',
      ['u@r.example', 'r.example?x', 'r.example#x'],
    ],
    ['of nothing', [''], 'r.example/a', []],
    [
      'of Docker Hub, as Docker writes it',
      ['https://index.docker.io/v1/', 'index.docker.io/library'],
      'docker.io/library/a',
      ['https://index.docker.io/v1/'],
    ],
    [
      'of Docker Hub by both names',
      ['index.docker.io', 'docker.io', '*.io', 'docker.io/library'],
      'docker.io/library/a',
      ['docker.io/library', 'docker.io', '*.io'],
    ],
    ['of what is below Docker Hub’s name', ['*.docker.io'], 'docker.io/library/a', []],
    [
      'of paths and patterns, the last by its name first',
      ['*.example/team', 'r.example', 'r.example/team', 'r.example/te', '*.example'],
      'r.example/team/app',
      ['r.example/team', 'r.example/te', 'r.example', '*.example/team', '*.example'],
    ],
  ])('%s are for what the kubelet takes them for', async (_, keys, image, expected) => {
    const [host = '', ...path] = image.split('/');
    const auths = keys.map((key) => [key, { username: key === '' ? '-' : key, password: 'p' }] as const);
    const found = await keyringOf([file('s', Object.fromEntries(auths))]).find(host, path.join('/'));
    expect(found.map((each) => 'username' in each && each.username)).toEqual(expected);
  });

  it('of one name are in the order of the secrets', async () => {
    const auth = { username: 'u', password: 'p' };
    const keyring = keyringOf([
      file('one', { 'r.example': auth }),
      file('two', { 'r.example/team/app': auth, '*.example': auth }),
      file('three', { 'r.example/team': auth, 'r.example': auth }),
    ]);
    const found = await keyring.find('r.example', 'team/app');
    expect(found.map(({ source }) => source)).toEqual(['two', 'three', 'one', 'three', 'two']);
  });

  it.each<[string, string, object | undefined]>([
    ['auth', `{"auth":"${base64('u:p:q')}"}`, { kind: 'basic', username: 'u', password: 'p:q' }],
    ['auth that Docker padded', `{"auth":"${base64('u:p\0\0')}"}`, { kind: 'basic', password: 'p' }],
    [
      'username and password',
      '{"username":"u","password":"p"}',
      { kind: 'basic', username: 'u', password: 'p' },
    ],
    ['an identity token', '{"auth":"","identitytoken":"t"}', { kind: 'identity', token: 't' }],
    ['a registry token', '{"registrytoken":"t"}', { kind: 'registry', token: 't' }],
    ['nothing, since it is in a store', '{}', undefined],
  ])('are read from %s', (_, auth, credential) => {
    const inNew = parseDockerConfig(`{"auths":{"r":${auth}}}`, 'dockerconfigjson', 's');
    const inOld = parseDockerConfig(`{"r":${auth}}`, 'dockercfg', 's');
    expect(inNew).toEqual(inOld);
    if (credential === undefined) expect(inNew).toEqual([]);
    else expect(inNew).toMatchObject([{ credential: { source: 's', ...credential } }]);
  });

  it.each([
    ['no JSON', 'secret-text'],
    ['a list', '["secret-text"]'],
    ['auths that are none', '{"auths":"secret-text"}'],
    ['auth without a colon', `{"auths":{"r":{"auth":"${base64('secret-text')}"}}}`],
  ])('that are %s are refused, the secret named and nothing of it told', (_, text) => {
    let error: unknown;
    try {
      keyringOf([{ source: 'secret ci/pull', format: 'dockerconfigjson', text }]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CredentialFileError);
    expect(String(error)).toContain('secret ci/pull');
    expect(`${String(error)}${String((error as Error).cause)}`).not.toMatch(
      new RegExp(`secret-text|${base64('secret-text')}`),
    );
  });

  it('that are equal have one scope, which says nothing about them', () => {
    const scope = (password: string): string =>
      keyringOf([file('s', { r: { username: 'u', password } })]).scope;
    expect(scope('p')).toBe(scope('p'));
    expect(scope('p')).not.toBe(scope('q'));
    expect(keyringOf([]).scope).toBe('anonymous');
  });
});

describe('a challenge', () => {
  it.each<[string | null, object | undefined]>([
    ['Basic realm="x"', { scheme: 'basic' }],
    ['basic', { scheme: 'basic' }],
    [
      'Bearer realm="https://a/t",service="s, t",scope="repository:a:pull,push"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's, t', scope: 'repository:a:pull,push' },
    ],
    ['bearer  realm = "https://a/t" , x=y', { scheme: 'bearer', realm: 'https://a/t' }],
    ['Basic realm="x", Bearer realm="https://a/t"', { scheme: 'bearer', realm: 'https://a/t' }],
    ['Negotiate, Basic realm="a \\" b"', { scheme: 'basic' }],
    ['Bearer service="s"', undefined],
    ['', undefined],
    [null, undefined],
  ])('%s is understood', (header, challenge) => {
    if (challenge === undefined) expect(parseChallenge(header)).toBeUndefined();
    else expect(parseChallenge(header)).toMatchObject(challenge);
  });

  it.each<[string, string, string, RegExp | undefined]>([
    ['over https, by one asked over https', 'https://auth.example/t', 'https://r.example/', undefined],
    ['without https', 'http://auth.example/t', 'https://r.example/', /without https/],
    ['on the own host without https', 'http://r.example/t', 'https://r.example/', /without https/],
    ['on its own host, by one on plain http', 'http://r.example:81/t', 'http://r.example/', undefined],
    [
      'on another host, by one on plain http',
      'https://auth.example/t',
      'http://r.example/',
      /on another host/,
    ],
    ['that is a path', '/token', 'https://r.example/', /no web address/],
    ['that is a file', 'file:///etc/passwd', 'https://r.example/', /no web address/],
    ['with a user in it', 'https://u:p@auth.example/', 'https://r.example/', /with a user/],
  ])('that names a token service %s', (_, realm, registry, refused) => {
    const checked = checkRealm(realm, new URL(registry));
    if (refused === undefined) expect(checked).toEqual({ url: new URL(realm) });
    else expect('refused' in checked && checked.refused).toMatch(refused);
  });
});

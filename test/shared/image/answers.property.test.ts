/** Whatever a registry, its token service or a pull secret says: an image, or an error of the kind that is meant for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRealm, parseChallenge } from '../../../shared/image/challenge.ts';
import { CredentialFileError, parseDockerConfig } from '../../../shared/image/docker-config.ts';
import { ImageLookupError } from '../../../shared/image/errors.ts';
import { keyringOf } from '../../../shared/image/keyring.ts';
import { ImageLookup } from '../../../shared/image/lookup.ts';
import { ImageFormatError, MAX_WORDS, parseConfig, parseManifest } from '../../../shared/image/manifest.ts';
import { MAX_MANIFEST } from '../../../shared/image/read.ts';
import { sizeOfWords } from '../../../shared/image/resolve.ts';
import { Blobs, OCI } from '../../support/images.ts';
import { listen } from '../../support/servers.ts';

/** The longest that a message about a stranger's answer is, characters. */
const LONGEST = 1_000;

const rude = fc.constantFrom(
  '\u001B[2J',
  '\u0000',
  '\r\n',
  '\u202E',
  '\u2028',
  '\uD800',
  '__proto__',
  'x'.repeat(5_000),
);
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), rude);
const value = fc.oneof(text, fc.jsonValue({ maxDepth: 3 }), fc.double(), fc.constant(null));
const DIGEST = `sha256:${'a'.repeat(64)}`;

const blobs = new Blobs();
const index = blobs.index([
  { platform: 'linux/amd64', entrypoint: ['/a'] },
  { platform: 'linux/arm64', cmd: ['b'] },
]);
const RIGHT: readonly object[] = [...blobs.content]
  .map(([, bytes]) => bytes)
  .filter((bytes) => bytes[0] === 0x7b)
  .map((bytes) => JSON.parse(String(bytes)) as object);

/** One that is right, with something else somewhere in it, or a part of it. */
const near = fc
  .tuple(fc.constantFrom(...RIGHT), fc.nat(30), value, text, fc.option(fc.nat(400), { nil: undefined }))
  .map(([document, at, other, key, cut]) => {
    let left = at;
    const changed = JSON.stringify(document, (name, old: unknown) => {
      if (name === '' || left-- !== 0) return old;
      return typeof old === 'object' && old !== null && !Array.isArray(old)
        ? { ...old, [key]: other }
        : other;
    });
    return changed.slice(0, cut);
  });
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"config":', '{"manifests":['), fc.nat(100_000))
  .map(([open, times]) => open.repeat(Math.min(times, Math.floor(MAX_MANIFEST / open.length))));
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.oneof({ weight: 4, arbitrary: near }, fc.json(), deep).map((said) => Buffer.from(said)),
);
const type = fc.oneof(fc.constantFrom(...Object.values(OCI), '', 'application/json'), text);

function isOneLineOrTwo(message: string): void {
  expect(message.length).toBeLessThan(LONGEST);
  expect(message).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
}

function only(kind: new (...args: never[]) => Error, work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    isOneLineOrTwo(error.message);
  }
}

describe('whatever a registry says', () => {
  it('as a manifest is one, or is said to be none', () => {
    fc.assert(
      fc.property(body, type, (bytes, said) => only(ImageFormatError, () => parseManifest(bytes, said))),
      { numRuns: 500 },
    );
  });

  it('as a config is one of bounded size, or is said to be none', () => {
    fc.assert(
      fc.property(body, (bytes) =>
        only(ImageFormatError, () => expect(sizeOfWords(parseConfig(bytes))).toBeLessThanOrEqual(MAX_WORDS)),
      ),
      { numRuns: 500 },
    );
  });

  it('as a challenge leads to a web address or nowhere', () => {
    const word = fc.constantFrom(
      'Bearer ',
      'Basic',
      'realm="',
      'https://r/',
      ',',
      '=',
      '"',
      '\\',
      ' ',
      'scope=',
    );
    const header = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(word, text), { maxLength: 12 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(header, (said) => {
        const challenge = parseChallenge(said);
        if (challenge?.scheme !== 'bearer') return;
        const realm = checkRealm(challenge.realm, new URL('https://r.example/'));
        if ('url' in realm) expect(realm.url.protocol).toBe('https:');
        else isOneLineOrTwo(realm.refused);
      }),
      { numRuns: 1_000 },
    );
  });

  it('in whole answers ends the lookup, with an image or the error of a lookup', async () => {
    let answer: { status: number; headers: Record<string, string>; body: Uint8Array } | undefined;
    let asked = 0;
    const { host } = await listen((_, response) => {
      asked++;
      const { status = 404, headers = {}, body: bytes = new Uint8Array() } = answer ?? {};
      response.writeHead(status, headers).end(bytes);
    });
    const printable = fc.string({ maxLength: 30 }).map((each) => each.replaceAll(/[^ -~]/g, '?'));
    const headers = fc.record(
      {
        'content-type': fc.oneof(fc.constantFrom(...Object.values(OCI)), printable),
        'docker-content-digest': fc.oneof(fc.constantFrom(DIGEST, index.digest), printable),
        'www-authenticate': fc.oneof(
          fc.constantFrom('Basic realm="x"', `Bearer realm="http://${host}/t"`),
          printable,
        ),
        location: fc.oneof(
          fc.constantFrom(`http://${host}/there`, '/', 'ftp://x', '//', 'http://['),
          printable,
        ),
        'retry-after': fc.oneof(fc.constantFrom('1e9', '-1', 'Thu, 01 Jan 1970 00:00:00 GMT'), printable),
      },
      { requiredKeys: [] },
    );
    // What is tried again takes a while each time; faults.test.ts has those.
    const status = fc.constantFrom(200, 200, 200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 418);
    const keyring = keyringOf([
      {
        source: 'secret a/b',
        format: 'dockercfg',
        text: JSON.stringify({ [host]: { username: 'u', password: 'hunter2' } }),
      },
    ]);
    await fc.assert(
      fc.asyncProperty(fc.record({ status, headers, body }), async (said) => {
        answer = said;
        asked = 0;
        const lookup = new ImageLookup({ registries: new Map([[host, { plainHttp: true }]]) });
        const error: unknown = await lookup.find(`${host}/a`, { keyring }).catch((thrown: unknown) => thrown);
        if (error instanceof Error) {
          expect(error).toBeInstanceOf(ImageLookupError);
          isOneLineOrTwo(error.message);
          expect(error.message).not.toContain('hunter2');
        }
        expect(asked).toBeLessThan(40);
      }),
      { numRuns: 100 },
    );
  });
});

it('whatever a pull secret holds is credentials, or is said to be none', () => {
  const entry = fc.oneof(
    value,
    fc.record({ auth: value, username: value, password: value, identitytoken: value }),
  );
  const config = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.record({ auths: fc.dictionary(text, entry) }).map((each) => JSON.stringify(each)),
    fc.json(),
  );
  fc.assert(
    fc.property(config, fc.constantFrom('dockerconfigjson' as const, 'dockercfg' as const), (said, format) =>
      only(CredentialFileError, () => parseDockerConfig(said, format, 'secret a/b')),
    ),
    { numRuns: 500 },
  );
});

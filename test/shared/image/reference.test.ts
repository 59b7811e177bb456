import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatReference, ImageReferenceError, parseReference } from '../../../shared/image/reference.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('the name of an image', () => {
  it.each<[string, string, string, string | undefined, string | undefined]>([
    ['busybox', 'docker.io', 'library/busybox', 'latest', undefined],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36', undefined],
    ['docker.io/busybox', 'docker.io', 'library/busybox', 'latest', undefined],
    ['index.docker.io/library/busybox:1', 'docker.io', 'library/busybox', '1', undefined],
    ['team/app', 'docker.io', 'team/app', 'latest', undefined],
    ['docker.io/team/app', 'docker.io', 'team/app', 'latest', undefined],
    ['quay.io/team/sub/app:v1', 'quay.io', 'team/sub/app', 'v1', undefined],
    ['localhost/app', 'localhost', 'app', 'latest', undefined],
    ['localhost:5000/app', 'localhost:5000', 'app', 'latest', undefined],
    ['Registry/app', 'Registry', 'app', 'latest', undefined],
    ['127.0.0.1:5000/a/b:1', '127.0.0.1:5000', 'a/b', '1', undefined],
    ['[::1]:5000/a:1', '[::1]:5000', 'a', '1', undefined],
    ['[fd00::1]/a', '[fd00::1]', 'a', 'latest', undefined],
    [`busybox@${DIGEST}`, 'docker.io', 'library/busybox', undefined, DIGEST],
    [`r.example/a:1@${DIGEST}`, 'r.example', 'a', '1', DIGEST],
    ['team/a-b__c.d/e---f', 'docker.io', 'team/a-b__c.d/e---f', 'latest', undefined],
    ['xn--n3h.com/x', 'xn--n3h.com', 'x', 'latest', undefined],
    [`a:${'t'.repeat(128)}`, 'docker.io', 'library/a', 't'.repeat(128), undefined],
  ])('%s is read as a container runtime reads it', (text, registry, repository, tag, digest) => {
    expect(parseReference(text)).toMatchObject({ registry, repository, tag, digest });
  });

  it.each<[string, RegExp]>([
    ['', /no name/],
    ['Busybox', /upper-case/],
    ['quay.io/Team/app', /upper-case/],
    ['a'.repeat(64), /64 hexadecimal digits/],
    [':1', /no name/],
    ['a:', /no tag/],
    [`a:${'t'.repeat(129)}`, /no tag/],
    ['a:-1', /no tag/],
    ['a@sha256:abc', /no digest/],
    [`a@md5:${'a'.repeat(32)}`, /no digest/],
    [`a@${DIGEST}@${DIGEST}`, /more than one @/],
    ['https://r.example/a', /is no/],
    ['r.example//a', /no name/],
    ['r.example/', /no name/],
    ['a/../b', /no name/],
    ['a b', /no name/],
    ['a_-b', /no name/],
    ['-r.example/a', /no registry/],
    ['r.example:port/a', /no registry/],
    [`r.example/${'a/'.repeat(200)}b`, /longer than 255/],
    [`${'a.'.repeat(500_000)}example/b`, /longer than 259/],
    ['a\n', /no name/],
  ])('%j is refused, and the error says why', (text, why) => {
    expect(() => parseReference(text)).toThrow(ImageReferenceError);
    expect(() => parseReference(text)).toThrow(why);
  });

  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const path = fc
    .array(
      fc
        .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--'), word), { maxLength: 2 }))
        .map(([first, more]) => first + more.flat().join('')),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.join('/'));
  const host = fc
    .tuple(word, word, fc.option(fc.nat({ max: 65_535 }), { nil: undefined }))
    .map(([a, b, port]) => `${a}.${b}${port === undefined ? '' : `:${port}`}`);
  const tag = fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/), { nil: undefined });
  const digest = fc.option(
    fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
    { nil: undefined },
  );

  it('is put together again from its parts, whatever they are', () => {
    fc.assert(
      fc.property(host, path, tag, digest, (registry, repository, tag, digest) => {
        const name = `${registry}/${repository}`;
        const text = `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
        const expected = tag ?? (digest === undefined ? 'latest' : undefined);
        expect(parseReference(text)).toEqual({ name, registry, repository, tag: expected, digest });
      }),
    );
  });

  it('in full means the same again', () => {
    fc.assert(
      fc.property(path, tag, digest, (repository, tag, digest) => {
        const text = `team/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
        const full = formatReference(parseReference(text));
        expect(formatReference(parseReference(full))).toBe(full);
      }),
    );
  });

  it('that is any text at all is read or refused, in no time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => {
        try {
          expect(parseReference(text).repository).not.toBe('');
        } catch (error) {
          expect(error).toBeInstanceOf(ImageReferenceError);
        }
      }),
    );
  });
});

/** What a registry that answers 401 wants to be shown. */

export type Challenge =
  | { scheme: 'basic' }
  | { scheme: 'bearer'; realm: string; service: string | undefined; scope: string | undefined };

/**
 * The challenge of a `WWW-Authenticate` header that can be met, Bearer before Basic; `undefined` when there is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.www-authenticate
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @example parseChallenge('Bearer realm="https://auth.example/token",service="r"')
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const found = new Map<string, Map<string, string>>();
  let parameters = new Map<string, string>();
  const token = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?[\s,]*/gy;
  for (const [, word = '', quoted, plain] of (header ?? '').slice(0, 8192).trim().matchAll(token)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.set(word.toLowerCase(), (parameters = new Map()));
    else parameters.set(word.toLowerCase(), value);
  }
  const bearer = found.get('bearer');
  const realm = bearer?.get('realm');
  if (bearer !== undefined && realm !== undefined) {
    return { scheme: 'bearer', realm, service: bearer.get('service'), scope: bearer.get('scope') };
  }
  return found.has('basic') ? { scheme: 'basic' } : undefined;
}

/**
 * The address of the token service, or why nothing is sent there. A registry is believed when it names one over
 * https and is itself asked over https; one on plain http could be anybody, so only its own host is believed.
 *
 * @param registry - the address of the registry that named it
 * @example checkRealm('https://auth.example/token', new URL('https://r.example/')) // { url: … }
 */
export function checkRealm(realm: string, registry: URL): { url: URL } | { refused: string } {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return { refused: 'it names a token service that is no web address' };
  }
  if (url.username !== '' || url.password !== '') {
    return { refused: 'it names a token service with a user in its address' };
  }
  if (url.protocol === 'http:' && registry.protocol === 'https:') {
    return { refused: `it names the token service ${url.host} without https, nothing was sent there` };
  }
  if (registry.protocol === 'http:' && url.hostname !== registry.hostname) {
    return {
      refused: `over plain http it names a token service on another host, ${url.host}, nothing was sent there`,
    };
  }
  return { url };
}

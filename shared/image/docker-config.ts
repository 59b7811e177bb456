/** Reads `.dockerconfigjson`, `.dockercfg` and Docker's config.json. */
import { plain } from '../text.ts';
import type { Credential } from './credentials.ts';

/** `dockercfg` is the old form, without `auths` around it. */
export type ConfigFormat = 'dockerconfigjson' | 'dockercfg';

/** One credential and what it is for. */
export interface Entry {
  key: {
    /** `registry.example:5000`; may have `*` in its labels. */
    host: string;
    /** Empty, or a slash and the begin of a repository's name. */
    path: string;
  };
  credential: Credential;
}

/** A file with credentials that cannot be read. The message never has a part of it. */
export class CredentialFileError extends Error {
  override name = 'CredentialFileError';

  constructor(message: string, options?: ErrorOptions) {
    // It names the registry of an entry, which can be anything.
    super(plain(message, 512), options);
  }
}

/**
 * @param source - how the file is called in errors
 * @param report - hears of an entry that cannot be read, and the others count; by default it is thrown
 * @throws {CredentialFileError}
 * @example parseDockerConfig('{"auths":{"r.example":{"username":"a","password":"b"}}}', 'dockerconfigjson', 'secret x')
 */
export function parseDockerConfig(
  text: string,
  format: ConfigFormat,
  source: string,
  report: (problem: CredentialFileError) => void = fail,
): Entry[] {
  const whole = text.trim() === '' ? {} : parseObject(text, source);
  const auths = format === 'dockercfg' ? whole : (whole['auths'] ?? {});
  if (!isObject(auths)) {
    report(new CredentialFileError(`${source}: "auths" is no map of registries`));
    return [];
  }
  return Object.entries(auths).flatMap(([name, auth]) => {
    try {
      const credential = isObject(auth) ? readAuth(auth, source, name) : undefined;
      return credential === undefined ? [] : [{ key: parseKey(name), credential }];
    } catch (error) {
      if (!(error instanceof CredentialFileError)) throw error;
      report(error);
      return [];
    }
  });
}

function fail(problem: CredentialFileError): never {
  throw problem;
}

/** @throws {CredentialFileError} without what JSON.parse says, since that quotes the text. */
export function parseObject(text: string, source: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw new CredentialFileError(`${source} is not a JSON object`);
  return value;
}

/** A registry without a user, as Docker leaves it behind after a logout or with a credential store, is none. */
function readAuth(auth: Record<string, unknown>, source: string, name: string): Credential | undefined {
  const field = (key: string): string | undefined => {
    const value = auth[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const registryToken = field('registrytoken');
  if (registryToken !== undefined) return { source, kind: 'registry', token: registryToken };
  const identityToken = field('identitytoken');
  if (identityToken !== undefined) return { source, kind: 'identity', token: identityToken };

  const encoded = field('auth');
  const decoded = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded !== undefined && colon < 1) {
    throw new CredentialFileError(`${source}: "auth" of ${name} is not the base64 of USER:PASSWORD`);
  }
  // As for the kubelet, `auth` outranks the two others. Docker ends the password with NULs.
  const username = decoded?.slice(0, colon) ?? field('username');
  const password = decoded === undefined ? field('password') : withoutNuls(decoded.slice(colon + 1));
  return username === undefined || password === undefined
    ? undefined
    : { source, kind: 'basic', username, password };
}

function withoutNuls(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\0') end--;
  return text.slice(0, end);
}

/** As the kubelet takes it for an address: the version of the API is no path, and what is behind a `?` is nothing. */
function parseKey(name: string): Entry['key'] {
  const bare = name.replace(/^https?:\/\//, '').replace(/[?#].*$/s, '');
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).replace(/^.*@/s, '');
  const path = slash < 0 ? '' : bare.slice(slash).replace(/^\/v[12](?=\/)/, '');
  return { host, path: path === '/' ? '' : path };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

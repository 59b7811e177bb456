/** Asks one registry about one repository, as one user: shows what it wants to be shown, and says what it answers. */
import { createHmac, randomBytes } from 'node:crypto';
import { checkRealm, parseChallenge, type Challenge } from './challenge.ts';
import type { Credential } from './credentials.ts';
import {
  BadImageError,
  ImageNotFoundError,
  NotAuthorizedError,
  RateLimitedError,
  RegistryUnreachableError,
  type About,
} from './errors.ts';
import { exchange, RedirectError, TooLargeError, type Whole } from './exchange.ts';
import { Lru } from './lru.ts';
import type { Endpoint } from './settings.ts';
import { basic, fetchToken, isHeaderWord, TokenRefusedError, type Token } from './tokens.ts';
import { TransportError, type Transport } from './transport.ts';

/** A token's answer is small. */
const TOKEN_LIMIT = 256 * 1024;
/** When a registry does not say how long it wants to be left alone, ms. */
const LEFT_ALONE = 60_000;

/** What is shown where, remembered so that not every request is refused once first. In memory only. */
export type Authorizations = Lru<Token>;

export const authorizations = (): Authorizations =>
  new Lru<Token>(1000, { size: MAX_AUTHORIZATIONS, sizeOf: ({ header }) => header.length });

/** Characters of all of them: a token service can give large ones, for each repository another. */
const MAX_AUTHORIZATIONS = 4 * 1024 * 1024;

const SALT = randomBytes(32);

export interface Session {
  about: About;
  /**
   * @param path - below `/v2/NAME/`: `manifests/latest`
   * @throws {ImageLookupError}
   */
  ask(method: 'GET' | 'HEAD', path: string, wanted: { accept?: string; limit: number }): Promise<Whole>;
}

export interface SessionSettings {
  about: About;
  endpoint: Endpoint;
  repository: string;
  /** `undefined`: anonymous. */
  credential: Credential | undefined;
  transport: Transport;
  authorizations: Authorizations;
  /** `performance.now()` at which all must be over. */
  deadline: number;
  signal: AbortSignal;
}

export function openSession(settings: SessionSettings): Session {
  const { about, endpoint, repository, credential, transport, deadline, signal } = settings;
  const tried = [credential?.source ?? 'no credentials'];
  const identity = createHmac('sha256', SALT)
    .update(JSON.stringify(credential ?? ''))
    .digest('hex');
  const key = `${endpoint.base.href} ${repository} ${identity}`;

  async function ask(
    method: 'GET' | 'HEAD',
    path: string,
    { accept, limit }: { accept?: string; limit: number },
  ): Promise<Whole> {
    const url = new URL(`v2/${repository}/${path}`, endpoint.base);
    const once = async (authorization: string | undefined): Promise<Whole> =>
      exchange(
        {
          method,
          url,
          signal,
          headers: {
            ...(accept !== undefined && { accept }),
            ...(authorization !== undefined && { authorization }),
          },
        },
        { transport, limit, deadline },
      );

    const answer = await once(remembered());
    if (answer.status !== 401) return judged(answer);
    // Once only: a registry that refuses what it asked for would do so for ever.
    const again = await once(await authorize(parseChallenge(answer.headers.get('www-authenticate'))));
    if (again.status !== 401) return judged(again);
    settings.authorizations.delete(key);
    throw refused('it answers 401');
  }

  function remembered(): string | undefined {
    if (credential?.kind === 'registry') return registryToken(credential.token);
    const token = settings.authorizations.get(key);
    return token !== undefined && token.until > Date.now() ? token.header : undefined;
  }

  async function authorize(challenge: Challenge | undefined): Promise<string> {
    if (challenge === undefined)
      throw refused(
        'it answers 401 without a WWW-Authenticate header that says how to log in; ask whoever runs it',
      );
    const token = challenge.scheme === 'basic' ? forBasic() : await forBearer(challenge);
    settings.authorizations.set(key, token);
    return token.header;
  }

  function forBasic(): Token {
    if (credential?.kind !== 'basic') throw refused('it wants a user and a password');
    return { header: basic(credential), until: Infinity };
  }

  async function forBearer(challenge: Extract<Challenge, { scheme: 'bearer' }>): Promise<Token> {
    if (credential?.kind === 'registry') throw refused('it answers 401');
    const realm = checkRealm(challenge.realm, endpoint.base);
    if ('refused' in realm) throw refused(realm.refused);
    const how = { transport, limit: TOKEN_LIMIT, deadline, repository, signal };
    try {
      return await fetchToken(realm.url, challenge, credential, how);
    } catch (error) {
      if (!(error instanceof TokenRefusedError)) throw error;
      if (error.status === 429) throw limited(error.retryAfter);
      throw refused(error.message);
    }
  }

  function registryToken(token: string): string {
    if (!isHeaderWord(token)) throw refused('the token has characters that no header can have');
    return `Bearer ${token}`;
  }

  function judged(answer: Whole): Whole {
    const { status } = answer;
    if (status === 200) return answer;
    if (status === 403) throw refused('it answers 403');
    if (status === 404) throw new ImageNotFoundError(about, credential === undefined ? [] : tried);
    if (status === 429) throw limited(answer.retryAfter);
    if (status >= 500) throw new RegistryUnreachableError(about, 'server', `it answers ${status}`);
    throw new BadImageError(about, `it answers ${status}`);
  }

  const refused = (why: string): NotAuthorizedError => new NotAuthorizedError(about, tried, why);
  const limited = (retryAfter = LEFT_ALONE): RateLimitedError =>
    new RateLimitedError(about, Date.now() + retryAfter, Date.now());

  return {
    about,
    async ask(method, path, wanted) {
      try {
        return await ask(method, path, wanted);
      } catch (error) {
        throw explained(error, about);
      }
    },
  };
}

function explained(error: unknown, about: About): unknown {
  if (error instanceof TransportError) {
    return new RegistryUnreachableError(about, error.obstacle, error.message, { cause: error });
  }
  if (error instanceof TooLargeError || error instanceof RedirectError) {
    return new BadImageError(about, error.message, { cause: error });
  }
  return error;
}

/** Asks a token service for a token, the way that Docker's registries want it. */
import type { Challenge } from './challenge.ts';
import type { Credential } from './credentials.ts';
import { exchange, type Exchange, type Whole } from './exchange.ts';
import { TransportError } from './transport.ts';

/** What a token lasts when nobody says how long, ms. */
const LIFETIME = 60_000;
/** A token that ends in this time is not used any more, ms. */
const MARGIN = 5_000;

export interface Token {
  header: string;
  /** `Date.now()` after which it is not used any more. */
  until: number;
}

/** The token service does not want to give a token. */
export class TokenRefusedError extends Error {
  override name = 'TokenRefusedError';
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(message: string, status: number, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * @param url - the token service, checked already
 * @throws {TokenRefusedError} @throws {TransportError}
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function fetchToken(
  url: URL,
  { service, scope }: Extract<Challenge, { scheme: 'bearer' }>,
  credential: Credential | undefined,
  how: Exchange & { repository: string; signal: AbortSignal },
): Promise<Token> {
  const about = {
    ...(service !== undefined && { service }),
    scope: scope ?? `repository:${how.repository}:pull`,
  };
  const post = (form: Record<string, string>) =>
    exchange(posting(url, { ...about, ...form }, how.signal), how);
  let answer =
    credential?.kind === 'identity'
      ? await post({ grant_type: 'refresh_token', refresh_token: credential.token })
      : await exchange(getting(url, about, credential, how.signal), how);
  // As for containerd, a service may know one of the two ways only.
  if (credential?.kind === 'basic' && (answer.status === 404 || answer.status === 405)) {
    const { username, password } = credential;
    answer = await post({ grant_type: 'password', username, password });
  }
  if (answer.status >= 500) {
    throw new TransportError('server', `its token service ${url.host} answers ${answer.status}`);
  }
  if (answer.status !== 200) {
    const message = `its token service ${url.host} answers ${answer.status}`;
    throw new TokenRefusedError(message, answer.status, answer.retryAfter);
  }
  return readToken(answer, url.host);
}

function getting(url: URL, about: object, credential: Credential | undefined, signal: AbortSignal) {
  const full = new URL(url);
  for (const [name, value] of Object.entries(about)) full.searchParams.set(name, String(value));
  const headers = credential?.kind === 'basic' ? { authorization: basic(credential) } : {};
  return { method: 'GET', url: full, headers, signal } as const;
}

function posting(url: URL, form: Record<string, string>, signal: AbortSignal) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ ...form, client_id: 'taskflow' }).toString();
  return { method: 'POST', url, headers, body, signal } as const;
}

/** What comes back is a secret, so nothing of it is ever in a message. */
function readToken({ body }: Whole, host: string): Token {
  let answer: unknown;
  try {
    answer = JSON.parse(Buffer.from(body).toString());
  } catch {
    answer = undefined;
  }
  const field = (name: string): unknown =>
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : undefined;
  // Either is one, and an empty one is none.
  const token = [field('token'), field('access_token')].find(
    (each) => typeof each === 'string' && each !== '',
  );
  if (typeof token !== 'string' || !isHeaderWord(token)) {
    throw new TransportError('server', `its token service ${host} gives no token`);
  }
  return { header: `Bearer ${token}`, until: endOf(field('expires_in'), field('issued_at')) - MARGIN };
}

/** From when it was given, which may be a while ago where a cache stands between; a clock that is ahead changes nothing. */
function endOf(expiresIn: unknown, issuedAt: unknown): number {
  const seconds = typeof expiresIn === 'string' ? Number(expiresIn) : expiresIn;
  const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : LIFETIME;
  const issued = typeof issuedAt === 'string' ? Date.parse(issuedAt) : Number.NaN;
  return (issued < Date.now() ? issued : Date.now()) + lifetime;
}

/** The `Authorization` header of a user and password. */
export function basic({ username, password }: Extract<Credential, { kind: 'basic' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** A header that is not valid would be quoted by whoever refuses it. */
export function isHeaderWord(text: string): boolean {
  return /^[\u0021-\u007E]+$/.test(text);
}

/** Requests to one cluster as one user: credentials, deadlines, limits, another try where that can do no harm. */
import { parseJson } from '../../../shared/json.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { transportError } from '../../../shared/image/transport.ts';
import type { Access } from '../credentials.ts';
import { ApiError, ApiUnreachableError, CredentialsError } from '../errors.ts';
import { linesOf, LongLineError } from '../watch/lines.ts';
import { BadEventError } from '../watch/event.ts';
import { readBounded, readSome, TooLargeError } from './body.ts';
import { Deadline, orAborted } from './deadline.ts';
import { retryDelay } from './retry.ts';
import { refusalOf } from './status.ts';
import { StaleConnectionError, Transport, type Answer, type Ask } from './transport.ts';

/** As Kubernetes calls what is done. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';

/** One request as it went over the wire, for metrics. */
export interface Seen {
  verb: Verb;
  /** Plural, with the subresource if there is one: `tasks/status`. */
  resource: string;
  /** The HTTP status; `error` where there was no whole answer. */
  code: number | 'error';
  /** Until the end of the answer; of a watch, until its begin. */
  seconds: number;
}

export interface SessionSettings {
  userAgent: string;
  /** The most time that a request takes with all its tries, ms. */
  requestTimeout: number;
  /** The most connections at once, watches apart. */
  maxConnections: number;
  /** The most bytes of an answer, or of an event of a watch. */
  maxBytes: number;
  onRequest: (seen: Seen) => void;
}

export interface Request extends Pick<Ask, 'method' | 'path' | 'body'> {
  verb: Verb;
  resource: string;
  /** Media type of the body. */
  type?: string;
}

/** What is read of an answer that is a refusal, bytes. */
const MOST_OF_REFUSAL = 64 * 1024;

export class Session {
  readonly #access: Access;
  readonly #settings: SessionSettings;
  readonly #transport: Transport;

  constructor(access: Access, settings: SessionSettings) {
    this.#access = access;
    this.#settings = settings;
    this.#transport = new Transport(access.server, settings.maxConnections);
  }

  /**
   * The JSON of an answer.
   *
   * @throws {ApiError} @throws {ApiUnreachableError} @throws {CredentialsError}
   * @throws the reason of `signal` when that is aborted
   */
  async json(request: Request, signal: AbortSignal | undefined): Promise<unknown> {
    const deadline = new Deadline(this.#settings.requestTimeout, signal);
    try {
      for (let tried = 1; ; tried++) {
        try {
          return parseJson(await this.#whole(request, deadline.signal));
        } catch (error) {
          const delay = retryDelay(tried, error, { method: request.method, random: Math.random() });
          if (delay === undefined || delay >= deadline.left || deadline.signal.aborted) throw error;
          await sleep(delay, undefined, { signal: deadline.signal });
        }
      }
    } catch (error) {
      throw this.#told(error, request, deadline, signal);
    } finally {
      deadline.end();
    }
  }

  /**
   * The lines of an answer that goes on for up to `time` ms, each as `parse` makes it.
   *
   * @throws as {@link json}
   */
  async *lines<T>(
    request: Request,
    parse: (line: string) => T,
    { time, signal }: { time: number; signal: AbortSignal },
  ): AsyncGenerator<T, void> {
    const deadline = new Deadline(this.#settings.requestTimeout, signal);
    try {
      const started = performance.now();
      const { body } = await this.#head(request, deadline.signal);
      this.#report(request, 200, started);
      deadline.extend(time);
      for await (const line of linesOf(body, this.#settings.maxBytes)) yield parse(line);
    } catch (error) {
      throw this.#told(error, request, deadline, signal);
    } finally {
      deadline.end();
    }
  }

  close(): void {
    this.#transport.close();
  }

  async #whole(request: Request, signal: AbortSignal): Promise<string> {
    const started = performance.now();
    const answer = await this.#head(request, signal);
    try {
      const text = await readBounded(answer, this.#settings.maxBytes);
      this.#report(request, answer.status, started);
      return text;
    } catch (error) {
      this.#report(request, 'error', started);
      throw error;
    }
  }

  /** The head of an answer of 2xx. Credentials that are refused are got again, and if they are others then, tried. */
  async #head(request: Request, signal: AbortSignal): Promise<Answer> {
    let credentials = await orAborted(this.#access.credentials(), signal);
    for (let fresh = false; ; fresh = true) {
      const started = performance.now();
      try {
        const answer = await this.#transport.send(
          this.#ask(request, credentials.authorization, signal),
          credentials.tls,
        );
        if (answer.status >= 200 && answer.status < 300) return answer;
        const text = await readSome(answer, MOST_OF_REFUSAL);
        this.#report(request, answer.status, started);
        const error = refusalOf(`${request.method} ${request.path}`, {
          status: answer.status,
          text,
          retryAfter: answer.headers['retry-after'],
        });
        if (error.status !== 401 || fresh) throw error;
        this.#access.refused(credentials);
        const others = await orAborted(this.#access.credentials(), signal);
        if (others.authorization === credentials.authorization && others.tls === credentials.tls) throw error;
        credentials = others;
      } catch (error) {
        if (!(error instanceof ApiError)) this.#report(request, 'error', started);
        throw error;
      }
    }
  }

  #ask(
    { verb, method, path, body, type }: Request,
    authorization: string | undefined,
    signal: AbortSignal,
  ): Ask {
    return {
      method,
      path,
      body,
      signal,
      alone: verb === 'watch',
      headers: {
        accept: 'application/json',
        'user-agent': this.#settings.userAgent,
        ...(authorization !== undefined && { authorization }),
        ...(type !== undefined && { 'content-type': type }),
      },
    };
  }

  #report({ verb, resource }: Request, code: number | 'error', started: number): void {
    this.#settings.onRequest({ verb, resource, code, seconds: (performance.now() - started) / 1000 });
  }

  /** An error as the caller knows it. */
  #told(error: unknown, request: Request, deadline: Deadline, signal: AbortSignal | undefined): unknown {
    if (error instanceof ApiError || error instanceof CredentialsError) return error;
    // A connection on which no answer came in time may be dead, and those beside it too.
    if (deadline.signal.aborted) this.#transport.dropIdle();
    if (signal?.aborted === true) return signal.reason;
    const { server } = this.#access;
    const asked = `${request.method} ${server.origin}${server.pathname.replace(/\/+$/, '')}${request.path}`;
    const options = { cause: error };
    if (deadline.passed) {
      return new ApiUnreachableError(
        asked,
        'timeout',
        `no whole answer in ${deadline.time / 1000} s`,
        options,
      );
    }
    if (error instanceof SyntaxError)
      return new ApiUnreachableError(asked, 'answer', 'the answer is no JSON', options);
    if (error instanceof BadEventError)
      return new ApiUnreachableError(asked, 'answer', error.message, options);
    if (error instanceof TooLargeError || error instanceof LongLineError) {
      return new ApiUnreachableError(asked, 'size', error.message, options);
    }
    const { obstacle, message } = transportError(error instanceof StaleConnectionError ? error.cause : error);
    return new ApiUnreachableError(asked, obstacle === 'server' ? 'connection' : obstacle, message, options);
  }
}

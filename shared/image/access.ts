/** Who is asked, and as whom: the mirror before the registry, one credential after the other. */
import type { Credential, Keyring } from './credentials.ts';
import {
  ImageLookupError,
  ImageNotFoundError,
  NotAuthorizedError,
  RegistryUnreachableError,
  type About,
} from './errors.ts';
import type { ImageReference } from './reference.ts';
import { openSession, type Session, type SessionSettings } from './session.ts';
import { endpointsOf, type Endpoint, type Registries } from './settings.ts';
import { TransportError, type Transport } from './transport.ts';

export interface Access extends Pick<SessionSettings, 'about' | 'authorizations' | 'deadline' | 'signal'> {
  keyring: Keyring;
  registries: Registries;
  transportTo: (endpoint: Endpoint) => Transport;
}

/**
 * Does `work` with the first session for which it works.
 *
 * @throws {ImageLookupError} of the registry itself, naming every credential that was tried
 */
export async function withAccess<Value>(
  reference: ImageReference,
  access: Access,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const endpoints = endpointsOf(reference.registry, access.registries);
  for (const [index, endpoint] of endpoints.entries()) {
    try {
      return await asEach(endpoint, reference.repository, access, work).catch((error: unknown) => {
        const { plain: base, ...rest } = endpoint;
        if (base === undefined || speaksTls(error, base)) throw error;
        return asEach({ ...rest, base }, reference.repository, access, work);
      });
    } catch (error) {
      // A mirror is a favour: whatever is wrong with it, the registry itself is asked.
      if (index === endpoints.length - 1 || !(error instanceof ImageLookupError)) throw error;
    }
  }
  throw new Error('a registry has at least one endpoint');
}

/** What a server that speaks plain http makes of the begin of TLS: nonsense, or nothing. One without a port is on port 80 then. */
function speaksTls(error: unknown, { port }: URL): boolean {
  const cause = error instanceof RegistryUnreachableError ? error.cause : undefined;
  if (!(cause instanceof TransportError) || cause.elsewhere) return true;
  const signs = ['EPROTO', 'ECONNRESET', 'UND_ERR_SOCKET', ...(port === '' ? ['ECONNREFUSED'] : [])];
  return (
    !signs.includes(cause.code) &&
    !/^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/.test(cause.code)
  );
}

async function asEach<Value>(
  endpoint: Endpoint,
  repository: string,
  access: Access,
  work: (session: Session) => Promise<Value>,
): Promise<Value> {
  const { about, keyring } = access;
  const transport = access.transportTo(endpoint);
  const found = await keyring.find(endpoint.host, repository);
  // As the kubelet does: who has credentials for a registry does not ask it without them.
  const credentials: readonly (Credential | undefined)[] = found.length > 0 ? found : [undefined];
  const refusals: (NotAuthorizedError | ImageNotFoundError)[] = [];
  for (const credential of credentials) {
    try {
      return await work(openSession({ ...access, endpoint, repository, credential, transport }));
    } catch (error) {
      // Many registries say "not found" to those who may not know.
      if (!(error instanceof NotAuthorizedError || error instanceof ImageNotFoundError)) throw error;
      refusals.push(error);
    }
  }
  throw worst(refusals, about, found);
}

function worst(
  refusals: readonly ImageLookupError[],
  about: About,
  credentials: readonly Credential[],
): ImageLookupError {
  const sources = [...new Set(credentials.map(({ source }) => source))];
  const [only] = refusals;
  if (only !== undefined && refusals.length === 1) return only;
  const refused = refusals.find((error) => error instanceof NotAuthorizedError);
  if (refused === undefined) return new ImageNotFoundError(about, sources);
  return new NotAuthorizedError(about, sources, refused.why, { cause: refused });
}

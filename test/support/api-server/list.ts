/** Lists: whole, or page by page as of one version. */
import { apiVersionOf, resourceKey, type Resource } from './resource.ts';
import { type Selector } from './selector.ts';
import { badRequest, cause, invalid, StatusError } from './status.ts';
import { type Store, type Version } from './store.ts';

export interface ListQuery {
  resource: Resource;
  namespace: string | undefined;
  matches: Selector;
  params: URLSearchParams;
}

/** What a continue token says: as of which version, and after which object. */
interface Token {
  /** -1: as of now, since the version is too old. */
  rv: number;
  start: string;
}

/**
 * The answer to a list, as JSON.
 *
 * @param oldest - continue tokens of earlier versions are expired
 * @throws {StatusError} 410 when a page, or an exact version, is too old
 */
export function list(store: Store, query: ListQuery, oldest: number): string {
  const { resource, namespace, matches, params } = query;
  const shelf = store.shelf(resourceKey(resource));
  const asked = version(params.get('resourceVersion'), store.version);
  const match = params.get('resourceVersionMatch');
  if (match !== null && asked === undefined) {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      cause.forbidden('resourceVersionMatch', why),
    ]);
  }
  const token = decode(params.get('continue'));
  // From its cache, which asks for any version, the real server gives all at once.
  const limit = asked === 0 && match !== 'Exact' ? 0 : Math.max(0, Number(params.get('limit') ?? 0));
  const number =
    token !== undefined && token.rv >= 0
      ? token.rv
      : match === 'Exact' && asked !== undefined
        ? asked
        : store.version;
  if (number < shelf.forgotten || (token !== undefined && token.rv >= 0 && token.rv < oldest))
    throw tooOld(token);

  const keyed = shelf
    .inOrder(number, namespace)
    .filter(({ each, key }) => (token === undefined || key > token.start) && matches(each.object.metadata));
  const page = limit > 0 ? keyed.slice(0, limit) : keyed;
  const left = keyed.length - page.length;
  const last = page.at(-1)?.key;
  const metadata = {
    resourceVersion: String(number),
    ...(left > 0 && last !== undefined && { continue: encode({ rv: number, start: last }) }),
    ...(left > 0 && { remainingItemCount: left }),
  };
  const head = JSON.stringify({ kind: `${resource.kind}List`, apiVersion: apiVersionOf(resource), metadata });
  return `${head.slice(0, -1)},"items":[${page.map(({ each }) => item(each, resource)).join(',')}]}`;
}

/** In a list the built-in kinds do not say what they are. */
function item({ object, json }: Version, { rules }: Resource): string {
  if (rules.custom === true) return json;
  const { kind, apiVersion } = object;
  return `{${json.slice(JSON.stringify({ kind, apiVersion }).length)}`;
}

function version(text: string | null, current: number): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^\d+$/.test(text)) {
    const quoted = JSON.stringify(text);
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`,
    );
  }
  const number = Number(text);
  if (number <= current) return number;
  const reason = 'ResourceVersionTooLarge';
  throw new StatusError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${number}, current: ${current}`,
    {
      causes: [{ reason, message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}

function tooOld(token: Token | undefined): StatusError {
  if (token === undefined)
    return new StatusError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
  const error = new StatusError(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  );
  error.status.metadata.continue = encode({ ...token, rv: -1 });
  return error;
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', ...token })).toString('base64url');
}

function decode(text: string | null): Token | undefined {
  if (text === null || text === '') return undefined;
  try {
    const token = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Token>;
    if (typeof token.rv === 'number' && typeof token.start === 'string') return token as Token;
  } catch {
    // It is refused below, as is one that says nothing.
  }
  throw badRequest('invalid continue token: continue key is not valid');
}

/** What the commands that talk to a cluster have in common. */
import { setTimeout as sleep } from 'node:timers/promises';
import packageJson from '../../package.json' with { type: 'json' };
import type { ApiClient } from '../../controller/runtime/client.ts';
import { ApiError, ApiUnreachableError } from '../../controller/runtime/errors.ts';
import { plain } from '../../shared/text.ts';
import { parseDuration } from '../../shared/turn/duration.ts';
import { UsageError } from '../../shared/turn/errors.ts';

/** What a cluster, or a Task in it, says no to. */
export class ClusterError extends Error {
  override name = 'ClusterError';
}

export const clusterOptions = {
  namespace: { alias: 'n', type: 'string', describe: 'The namespace (default: that of the context)' },
  context: { type: 'string', describe: 'A context of the kubeconfig (default: the current one)' },
  kubeconfig: { type: 'string', describe: 'The kubeconfig (default: $KUBECONFIG, or ~/.kube/config)' },
  wait: { type: 'boolean', default: false, describe: 'Return only when the cluster shows that it is so' },
  timeout: { type: 'string', default: '10m', describe: 'How long --wait waits, such as 90s' },
} as const;

export interface ClusterValues {
  namespace: string | undefined;
  context: string | undefined;
  kubeconfig: string | undefined;
  wait: boolean;
  timeout: string;
}

/** A Task of a cluster, as a command names it. */
export interface Place {
  client: ApiClient;
  namespace: string;
  task: string;
  /** How long to wait, ms. */
  timeout: number;
}

/**
 * Does something with the one Task that a command names.
 *
 * @throws {UsageError} @throws {ClusterError} @throws {CredentialsError}
 */
export async function withTask(
  words: readonly string[],
  values: ClusterValues,
  act: (place: Place) => Promise<void>,
): Promise<void> {
  const [task, ...rest] = words;
  if (task === undefined || rest.length > 0) throw new UsageError('expected the name of one Task');
  const timeout = parseDuration(values.timeout);
  if (timeout === undefined) throw new UsageError('--timeout: expected a duration such as "90s"');
  const { findAccess } = await import('../../controller/runtime/access.ts');
  const { connect } = await import('../../controller/runtime/client.ts');
  const access = await findAccess(values);
  const client = connect(access, { version: packageJson.version, program: 'taskflow' });
  const { namespace = access.namespace } = values;
  try {
    await act({ client, namespace, task, timeout });
  } catch (error) {
    if (error instanceof ApiUnreachableError) throw new ClusterError(plain(error.message), { cause: error });
    if (!(error instanceof ApiError)) throw error;
    throw new ClusterError(plain(error.told === '' ? error.message : error.told), { cause: error });
  } finally {
    client.close();
  }
}

const POLL = 250;

/** Asks again and again until there is an answer. @throws {ClusterError} when the time is up */
export async function waitFor<T>(
  { timeout }: Place,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const until = performance.now() + timeout;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() >= until)
      throw new ClusterError(`${what}, and --wait is out of time; --timeout lets it wait longer`);
    await sleep(POLL);
  }
}

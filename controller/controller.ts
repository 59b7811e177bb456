/** The controller as a whole: its parts, and how they hang together. */
import packageJson from '../package.json' with { type: 'json' };
import { readRegistries } from '../shared/image/registry-options.ts';
import { TASK_LABEL } from '../shared/labels.ts';
import { TASK_STATUSES } from '../shared/api.ts';
import { Actor } from './act.ts';
import type { Settings } from './decide.ts';
import { Lookups } from './images.ts';
import { injectionFor } from './injection.ts';
import { lazyLookup } from './lazy-lookup.ts';
import { observeStatus } from './observe-status.ts';
import { checkArguments, type ControllerArguments } from './options.ts';
import { keepOfPod, type ObservedPod } from './pod.ts';
import { isStale, NotLeadingError, Reconciler } from './reconcile.ts';
import { findAccess } from './runtime/access.ts';
import { Cache } from './runtime/cache.ts';
import { connect } from './runtime/client.ts';
import { serveHealth } from './runtime/health.ts';
import { lead, newIdentity } from './runtime/lease.ts';
import { createLog, type Log } from './runtime/log.ts';
import { Metrics } from './runtime/metrics.ts';
import { PODS, TASKS } from './runtime/objects.ts';
import { WorkQueue } from './runtime/queue.ts';
import { work } from './runtime/work.ts';
import { keepOfTask, type StoredTask } from './stored-task.ts';

/** The name of the Lease that controllers elect their leader by. */
const LEASE_NAME = 'taskflow-controller';

/**
 * Runs a controller until `signal` is aborted.
 *
 * @returns `'lost'` when it no longer leads: then the process has to end at once
 * @throws {UsageError} @throws {CredentialsError} @throws {ListenError}
 * @example await runController({ …options, namespace: 'ci' }, stop.signal)
 */
export async function runController(
  args: ControllerArguments,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const { patience, lease } = checkArguments(args);
  const registries = await readRegistries(args, process.env);
  const log = createLog(args.logLevel);
  const access = await findAccess(args);
  const standing = { isCurrent: () => false };
  const queue = new WorkQueue();
  const metrics = new Metrics({
    queue,
    tasks: () => countByStatus(tasks.values()),
    leading: () => standing.isCurrent(),
  });
  const connected = { version: packageJson.version, onRequest: metrics.requested };
  // Renewals do not queue behind anything else.
  const [client, leaseClient] = [connect(access, connected), connect(access, connected)];
  // What was sent under a Lease has arrived, or never will, before another controller can act.
  const requestTimeout = lease.leaseDuration - lease.renewDeadline;
  const writer = connect(access, { ...connected, requestTimeout });
  const instance = newIdentity();
  // Ends everything, whatever the reason is.
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);

  const { namespace } = args;
  const keyOf = (object: StoredTask): string => `${object.metadata.namespace}/${object.metadata.name}`;
  const tasks: Cache<StoredTask> = new Cache<StoredTask>({
    ...{ client, type: TASKS, namespace, keep: keepOfTask, log },
    onChange: (task, change) => {
      if (change === 'deleted') reconciler.forget(task.metadata.uid ?? '');
      queue.add(keyOf(task));
    },
  });
  const pods = new Cache<ObservedPod>({
    ...{ client, type: PODS, namespace, labelSelector: TASK_LABEL, keep: keepOfPod, log },
    onChange: ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
      if (owner?.kind === TASKS.kind) queue.add(`${metadata.namespace}/${owner.name}`);
    },
  });
  const lookups = new Lookups({
    ...{ client, lookup: lazyLookup({ registries }), clock: Date.now, signal: over },
    onNews: (task) => queue.add(keyOf(task)),
    onResult: (result) => metrics.imageLookedUp(result),
  });

  const settings: Settings = {
    agentImage: args.agentImage,
    agentImagePullPolicy: args.agentImagePullPolicy,
    injection: 'init-container',
    patience,
  };
  const reconciler = new Reconciler({
    ...{ tasks, pods, lookups, settings, log, clock: Date.now, dryRun: args.dryRun },
    actor: new Actor({ client: writer, instance, log, clock: Date.now }),
    lookAgain: (key, after) => queue.addAfter(key, after),
    mayWrite: () => standing.isCurrent(),
    onStatus: (_, before, after) => observeStatus(metrics, before, after),
  });

  const health = await serveHealth({
    address: args.metricsAddr,
    live: () => [],
    ready: () => notReady(tasks, pods),
    metrics: () => metrics.page(),
  });
  log.info(
    {
      server: access.server.href,
      namespace: namespace ?? '(all)',
      health: health.url,
      version: packageJson.version,
    },
    'controller started',
  );

  const act = async (term: { signal: AbortSignal; isCurrent: () => boolean }): Promise<void> => {
    const stop = AbortSignal.any([term.signal, over]);
    await Promise.all([tasks.synced, pods.synced]);
    settings.injection = await injectionFor(args.agentInjection, client, stop);
    standing.isCurrent = () => term.isCurrent();
    log.info({ instance, injection: settings.injection, tasks: tasks.size }, 'leading');
    const handle = async (key: string): Promise<void> => {
      const begun = performance.now();
      let result: 'success' | 'error' = 'error';
      try {
        // What was begun is brought to its end when the controller is only stopped.
        await reconciler.reconcile(key, ending.signal);
        result = 'success';
      } finally {
        metrics.reconciled(result, (performance.now() - begun) / 1000);
      }
    };
    await work(
      queue,
      { workers: args.workers, handle, onError: (error, key) => report(log, error, key) },
      stop,
    );
    standing.isCurrent = () => false;
  };
  const caches = Promise.all([tasks.run(over), pods.run(over)]);
  try {
    if (!args.leaderElect) {
      await act({ signal: over, isCurrent: () => !over.aborted });
      return 'stopped';
    }
    const leaseNamespace = args.leaseNamespace ?? namespace ?? access.namespace;
    const candidate = {
      ...{ client: leaseClient, log, identity: instance },
      ...{ namespace: leaseNamespace, name: LEASE_NAME },
    };
    return await lead({ ...candidate, ...lease, lead: act }, signal);
  } finally {
    ending.abort();
    await caches;
    await health.close();
    for (const each of [client, leaseClient, writer]) each.close();
    log.info({}, 'controller stopped');
  }
}

function notReady(...caches: readonly Pick<Cache<StoredTask>, 'hasSynced' | 'problem'>[]): string[] {
  return caches.flatMap(({ hasSynced, problem }) =>
    problem !== undefined ? [problem] : hasSynced ? [] : ['the list of Tasks and pods is being read'],
  );
}

function countByStatus(tasks: Iterable<StoredTask>): Map<string, number> {
  const counts = new Map<string, number>(TASK_STATUSES.map((status) => [status, 0]));
  for (const { status } of tasks) {
    const word = status?.status ?? 'Pending';
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function report(log: Log, error: unknown, key: string): void {
  if (isStale(error)) return log.debug({ task: key, error }, 'somebody else wrote first');
  if (error instanceof NotLeadingError) return log.debug({ task: key }, 'no longer leading');
  log.warn({ task: key, error }, 'task not reconciled, trying again');
}

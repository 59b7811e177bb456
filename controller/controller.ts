/** The controller as a whole: it follows the cluster, and acts while it leads. */
import packageJson from '../package.json' with { type: 'json' };
import { readRegistries } from '../shared/image/registry-options.ts';
import { StaleError } from './answers.ts';
import { injectionFor } from './injection.ts';
import { NotLeadingError } from './leading.ts';
import { checkArguments, type ControllerArguments } from './options.ts';
import { assemble, type Parts } from './parts.ts';
import { findAccess } from './runtime/access.ts';
import { serveHealth } from './runtime/health.ts';
import { lead } from './runtime/lease.ts';
import { createLog, type Log } from './runtime/log.ts';
import { work } from './runtime/work.ts';

/** The name of the Lease that controllers elect their leader by. */
export const LEASE_NAME = 'taskflow-controller';

/**
 * Runs a controller until `signal` is aborted. A controller that waits for its turn to lead follows the cluster as well,
 * so that it can act at once.
 *
 * @returns `'lost'` when it no longer leads: then the process has to end at once
 * @throws {UsageError} @throws {CredentialsError} @throws {ListenError}
 * @example await runController({ …options, namespace: 'ci' }, stop.signal)
 */
export async function runController(
  args: ControllerArguments,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  const times = checkArguments(args);
  const registries = await readRegistries(args, process.env);
  const log = createLog(args.logLevel);
  const access = await findAccess(args);
  // Ends everything, whatever the reason is.
  const ending = new AbortController();
  const over = AbortSignal.any([signal, ending.signal]);
  const parts = assemble({ args, times, access, registries, log, signal: over });
  const { tasks, pods, resumes, metrics, clients, instance } = parts;

  const health = await serveHealth({
    address: args.metricsAddr,
    live: () => [],
    ready: () => [...waitsFor(tasks, 'Tasks'), ...waitsFor(pods, 'pods'), ...waitsFor(resumes, 'Resumes')],
    metrics: () => metrics.page(),
  });
  const { namespace = '(all)' } = args;
  const server = access.server.href;
  log.info({ server, namespace, health: health.url, version: packageJson.version }, 'controller started');

  // Of the pods of Tasks that are over next to nothing is kept: so the Tasks have to be known first.
  const podsFollow = tasks.synced.then(async () => pods.run(over)).catch(() => undefined);
  const caches = Promise.all([tasks.run(over), podsFollow, resumes.run(over)]);
  const act = async (term: Term): Promise<void> => {
    // Stopped before everything was listed: then there is nothing to do.
    const ready = await Promise.all([tasks.synced, pods.synced]).catch(() => undefined);
    if (ready === undefined) return;
    parts.settings.injection = await injectionFor(args.agentInjection, clients.reader, over);
    parts.standing.isCurrent = () => term.isCurrent();
    giveUpAfter(term.signal, times.lease.leaseDuration - times.lease.renewDeadline, ending);
    log.info({ instance, injection: parts.settings.injection, tasks: tasks.size }, 'leading');
    await reconcileAll(parts, { args, log, stop: term.signal, abort: ending.signal });
    parts.standing.isCurrent = () => false;
  };
  try {
    if (args.leaderElect) {
      const home = { namespace: args.leaseNamespace ?? args.namespace ?? access.namespace, name: LEASE_NAME };
      const candidate = { ...home, ...times.lease, client: clients.leaser, identity: instance, log };
      return await lead({ ...candidate, lead: act }, signal);
    }
    await act({ signal: over, isCurrent: () => !ending.signal.aborted });
    return 'stopped';
  } catch (error) {
    // It was stopped while it waited for an answer.
    if (signal.aborted && error === signal.reason) return 'stopped';
    throw error;
  } finally {
    ending.abort();
    await caches;
    await health.close();
    for (const client of Object.values(clients)) client.close();
    log.info({}, 'controller stopped');
  }
}

/** What was begun when the term ended is brought to its end, unless that takes longer than another controller waits. */
function giveUpAfter(ended: AbortSignal, ms: number, ending: AbortController): void {
  const onEnd = (): void => void setTimeout(() => ending.abort(), ms).unref();
  if (ended.aborted) onEnd();
  else ended.addEventListener('abort', onEnd, { once: true });
}

interface Term {
  /** Aborted when no further Task is to be looked at. */
  signal: AbortSignal;
  /** Whether writes are still allowed. */
  isCurrent: () => boolean;
}

/** Looks at Tasks until it is stopped; what was begun by then is brought to its end. */
async function reconcileAll(
  { queue, look, metrics }: Parts,
  { args, log, stop, abort }: { args: ControllerArguments; log: Log; stop: AbortSignal; abort: AbortSignal },
): Promise<void> {
  const handle = async (key: string): Promise<void> => {
    const begun = performance.now();
    let result: 'success' | 'error' = 'error';
    try {
      await look(key, abort);
      result = 'success';
    } finally {
      metrics.reconciled(result, (performance.now() - begun) / 1000);
    }
  };
  const onError = (error: unknown, key: string): void => {
    if (error instanceof StaleError) log.debug({ task: key, error }, 'somebody else wrote first');
    else if (error instanceof NotLeadingError) log.debug({ task: key }, 'no longer leading');
    else log.warn({ task: key, error }, 'task not reconciled, trying again');
  };
  await work(queue, { workers: args.workers, handle, onError }, stop);
}

function waitsFor(
  { hasSynced, problem }: Pick<Parts['tasks'], 'hasSynced' | 'problem'>,
  what: string,
): string[] {
  if (problem !== undefined) return [problem];
  return hasSynced ? [] : [`the list of ${what} is being read`];
}

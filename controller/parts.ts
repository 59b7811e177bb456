/** The parts of a controller, and how they hang together. Nothing here runs by itself. */
import packageJson from '../package.json' with { type: 'json' };
import type { Registries } from '../shared/image/settings.ts';
import { podNameOf } from '../shared/pod/pod.ts';
import { TASK_LABEL } from '../shared/task/api.ts';
import { Actor } from './act.ts';
import type { Settings } from './decide.ts';
import { lazyLookup, Lookups } from './images.ts';
import { whileLeading } from './leading.ts';
import { lookupPlaces } from './lookup-places.ts';
import type { ControllerArguments, Times } from './options.ts';
import { keepOfPod, ownerOf, stubOfPod, taskNameOf, type ObservedPod } from './pod.ts';
import { Reconciler } from './reconcile.ts';
import { ResumeApplier } from './resume/apply.ts';
import { keepOfResume, type StoredResume } from './resume/stored-resume.ts';
import { WaitingResumes } from './resume/waiting.ts';
import { Cache } from './runtime/cache.ts';
import { connect } from './runtime/client.ts';
import type { Access } from './runtime/credentials.ts';
import { newIdentity } from './runtime/lease.ts';
import type { Log } from './runtime/log.ts';
import { Metrics } from './runtime/metrics.ts';
import { PODS, RESUMES, TASKS } from './runtime/objects.ts';
import { WorkQueue } from './runtime/queue.ts';
import { isFinal, keepOfTask, stubOfTask, type StoredTask } from './stored-task.ts';
import { countByStatus, observeStatus } from './task-metrics.ts';

export interface Surroundings {
  args: ControllerArguments;
  times: Times;
  access: Access;
  registries: Registries;
  log: Log;
  /** Aborted when the controller ends. */
  signal: AbortSignal;
}

export type Parts = ReturnType<typeof assemble>;

/**
 * Makes the parts. They begin to work when the caches run, and to write when `standing` says that they may.
 *
 * @example const { tasks, pods, queue, reconciler } = assemble({ args, times, access, registries, log, signal });
 */
export function assemble({ args, times, access, registries, log, signal }: Surroundings) {
  const instance = newIdentity();
  /** Whether this controller may act: replaced when it begins to lead. */
  const standing = { isCurrent: () => false };
  const mayWrite = (): boolean => standing.isCurrent();
  const queue = new WorkQueue();
  const metrics = new Metrics({
    queue,
    tasks: () => countByStatus(tasks.values()),
    leading: mayWrite,
    leftOut: () => [
      [TASKS.plural, tasks.leftOut],
      [PODS.plural, pods.leftOut],
      [RESUMES.plural, resumes.leftOut],
    ],
  });
  const clients = connections(access, metrics);

  const of = { client: clients.reader, namespace: args.namespace, log };
  const tasks: Cache<StoredTask> = new Cache<StoredTask>({
    ...of,
    type: TASKS,
    keep: keepOfTask,
    stub: stubOfTask,
    onRestart: (reason) => metrics.watchRestarted(TASKS.plural, reason),
    onChange: (task, change) => {
      const { namespace, name, uid = '' } = task.metadata;
      if (change === 'deleted') reconciler.forget(uid);
      else if (isFinal(task)) pods.keepAgain(namespace, podNameOf({ name, uid }));
      queue.add(keyOf(task));
    },
  });
  const pods: Cache<ObservedPod> = new Cache<ObservedPod>({
    ...of,
    type: PODS,
    labelSelector: TASK_LABEL,
    keep: (pod) => (isOfUse(pod) ? keepOfPod(pod) : stubOfPod(pod, false)),
    stub: stubOfPod,
    onRestart: (reason) => metrics.watchRestarted(PODS.plural, reason),
    onChange: (pod) => {
      if (isOfUse(pod)) queue.add(`${pod.metadata.namespace}/${taskNameOf(pod)}`);
    },
  });
  /** Whether anything follows from a pod: it belongs to a Task, which is not over. */
  const isOfUse = (pod: ObservedPod): boolean => {
    const [name, owner] = [taskNameOf(pod), ownerOf(pod)];
    const task = name === undefined ? undefined : tasks.get(pod.metadata.namespace, name);
    // Without an owner only what is known as a Task counts.
    if (name === undefined || owner === undefined) return task !== undefined && !isFinal(task);
    return !(task?.metadata.uid === owner.uid && isFinal(task));
  };
  const waiting = new WaitingResumes();
  const resumes: Cache<StoredResume> = new Cache<StoredResume>({
    ...of,
    type: RESUMES,
    keep: keepOfResume,
    onRestart: (reason) => metrics.watchRestarted(RESUMES.plural, reason),
    onChange: (resume, change) => {
      const task = waiting.changed(resume, change);
      if (task !== undefined) queue.add(task);
    },
  });
  const { agentImage, agentImagePullPolicy, dryRun } = args;
  const settings: Settings = { agentImage, agentImagePullPolicy, patience: times.patience };
  const writer = whileLeading(clients.writer, mayWrite);
  const actor = new Actor({ client: writer, instance, log, clock: Date.now });
  const lookups = new Lookups({
    client: clients.reader,
    lookup: lazyLookup(lookupPlaces(args, registries, process.env)),
    clock: Date.now,
    signal,
    read: (task, stop) => actor.readTask(task, stop),
    admit: (task, stop) => actor.tryOut(task, settings, stop),
    onNews: (task) => queue.add(keyOf(task)),
    onResult: (result) => metrics.imageLookedUp(result),
  });
  const reconciler = new Reconciler({
    tasks,
    pods,
    lookups,
    settings,
    log,
    clock: Date.now,
    dryRun,
    actor,
    lookAgain: (key, after) => queue.addAfter(key, after),
    onStatus: (before, after) => observeStatus(metrics, before, after),
  });
  const applier = new ResumeApplier({ client: writer, waiting, resumes, pods, actor, log, clock: Date.now });
  /** Looks at a Task, and then at what is to let it go on. */
  const look = async (key: string, abort: AbortSignal): Promise<void> => {
    const looked = await reconciler.reconcile(key, abort);
    const again = dryRun ? undefined : await applier.apply(key, looked, abort);
    if (again !== undefined) queue.addAfter(key, again);
  };
  return { instance, standing, queue, metrics, clients, tasks, pods, resumes, settings, look };
}

/** ms; the default of a server's --request-timeout, and some. */
const SLOWEST_WRITE = 65_000;

/** Three of them, so that none waits for another's requests. */
function connections(access: Access, metrics: Metrics) {
  const settings = { version: packageJson.version, onRequest: metrics.requested };
  return {
    reader: connect(access, settings),
    leaser: connect(access, settings),
    // A write that is slow is not given up while it may still succeed: a server ends it after a minute. The end of the
    // Lease ends it before; what the network still holds then meets versions, names and tests that no longer fit.
    writer: connect(access, { ...settings, requestTimeout: SLOWEST_WRITE }),
  };
}

function keyOf({ metadata }: Pick<StoredTask, 'metadata'>): string {
  return `${metadata.namespace}/${metadata.name}`;
}

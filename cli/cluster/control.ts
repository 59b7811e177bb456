/** Pauses a Task of a cluster, lets it go on, and cancels it. */
import { RESUMES, TASKS, type KubeObject } from '../../controller/runtime/objects.ts';
import type { ResumeSpec, ResumeStatus } from '../../shared/resume/resume.ts';
import { API_VERSION, RESUME_KIND } from '../../shared/task/api.ts';
import type { TaskSpec, TaskStatus } from '../../shared/task/task.ts';
import { plain } from '../../shared/text.ts';
import type { ResumeAction } from '../../shared/turn/resume.ts';
import { ClusterError, waitFor, type Place } from './connection.ts';

interface FoundTask extends KubeObject {
  spec: TaskSpec;
  status?: TaskStatus;
}

interface FoundResume extends KubeObject {
  spec: ResumeSpec;
  status?: ResumeStatus;
}

const isOver = ({ status }: FoundTask): boolean => status?.completionTime !== undefined;

async function read({ client, namespace, task }: Place): Promise<FoundTask> {
  return client.get<FoundTask>(TASKS, { namespace, name: task });
}

/** @throws {ClusterError} when it is over: nothing changes any more */
async function readOpen(place: Place): Promise<FoundTask> {
  const found = await read(place);
  if (isOver(found)) throw new ClusterError(`Task ${place.task} is over: ${found.status?.status}`);
  return found;
}

async function change({ client, namespace, task }: Place, spec: Partial<TaskSpec>): Promise<void> {
  await client.patch(TASKS, { namespace, name: task }, { type: 'merge', body: { spec } });
}

/**
 * Lets no further step start. Waits, if asked to, until none runs.
 *
 * @returns what to say about it
 */
export async function pause(place: Place, wait: boolean): Promise<string> {
  await readOpen(place);
  await change(place, { suspend: true });
  if (!wait) return `Task ${place.task} starts no further step`;
  const { status } = await waitFor(place, `Task ${place.task} is not paused yet`, async () => {
    const now = await read(place);
    return now.status?.status === 'Paused' || isOver(now) ? now : undefined;
  });
  return status?.status === 'Paused'
    ? `Task ${place.task} is paused`
    : `Task ${place.task} is over: ${status?.status}`;
}

/** Stops a Task. Waits, if asked to, until it is over. */
export async function cancel(place: Place, wait: boolean): Promise<string> {
  await readOpen(place);
  await change(place, { cancel: true });
  if (!wait) return `Task ${place.task} is being cancelled`;
  const { status } = await waitFor(place, `Task ${place.task} is not over yet`, async () => {
    const now = await read(place);
    return isOver(now) ? now : undefined;
  });
  return `Task ${place.task} is over: ${status?.status}`;
}

interface Wish {
  step: string | undefined;
  /** `undefined`: nobody said one. */
  action: ResumeAction | undefined;
  wait: boolean;
}

/**
 * Lets a Task that is suspended go on, and what is held of it. A step that is named may be held later: the Resume waits.
 * Waits, if asked to, until the steps have heard.
 */
export async function resume(place: Place, { step, action, wait }: Wish): Promise<string> {
  const { task } = place;
  const found = await readOpen(place);
  const suspended = found.spec.suspend === true;
  const isHeld = found.status?.steps?.some(({ state }) => state === 'Paused') ?? false;
  if (suspended) await change(place, { suspend: false });
  if (step !== undefined || action !== undefined || isHeld)
    return resumeHeld(place, found, { step, action, wait });
  if (!suspended)
    throw new ClusterError(
      `nothing of Task ${task} is held, and it is not suspended; with --step STEP a Resume waits until that step is held`,
    );
  if (wait) {
    await waitFor(place, `Task ${task} does not go on yet`, async () => {
      const now = await read(place);
      return now.status?.status !== 'Paused' || now.status.reason === 'Held' ? now : undefined;
    });
  }
  return `Task ${task} goes on`;
}

async function resumeHeld(place: Place, before: FoundTask, { step, action, wait }: Wish): Promise<string> {
  const { client, namespace, task } = place;
  const made = await client.create<FoundResume>(RESUMES, {
    apiVersion: API_VERSION,
    kind: RESUME_KIND,
    // The server gives it a name.
    metadata: { generateName: `${task}-`, namespace } as unknown as KubeObject['metadata'],
    spec: { task, ...(step !== undefined && { step }), ...(action !== undefined && { action }) },
  });
  const { name } = made.metadata;
  if (!wait)
    return `Resume ${name} is there; kubectl get resume ${name} -n ${namespace} says what becomes of it`;
  const { status } = await waitFor(place, `Resume ${name} waits until a step is held`, async () => {
    const now = await client.get<FoundResume>(RESUMES, { namespace, name });
    return now.status?.status === 'Pending' ? undefined : now;
  });
  if (status?.status === 'Rejected')
    throw new ClusterError(plain(`Resume ${name} was rejected, ${status.reason}: ${status.message}`));
  const told = status?.steps ?? [];
  await waitFor(place, `${plain(status?.message ?? '')}, and has not heard it`, async () =>
    haveHeard(told, before, await read(place)) ? true : undefined,
  );
  return `Task ${task} goes on: ${plain(status?.message ?? '')}`;
}

/** Whether the steps that were told are held no more, or again: more of their holds are over than before. */
function haveHeard(told: readonly string[], before: FoundTask, now: FoundTask): boolean {
  const stepOf = ({ status }: FoundTask, name: string) => status?.steps?.find((each) => each.name === name);
  return told.every((name) => {
    const { state, holds = 0 } = stepOf(now, name) ?? {};
    return state !== 'Paused' || holds > (stepOf(before, name)?.holds ?? 0);
  });
}

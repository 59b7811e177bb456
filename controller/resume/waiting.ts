/** Which Resumes wait for which Task. */
import { compareVersions } from '../runtime/objects.ts';
import { isSettled, taskKeyOf, type StoredResume } from './stored-resume.ts';

interface Waiting {
  resume: StoredResume;
  /** Its version when it was first heard of. */
  first: string | undefined;
}

/** An index of the cache: it has what the cache keeps, and no more. */
export class WaitingResumes {
  readonly #byTask = new Map<string, Map<string, Waiting>>();
  /** The Task of each, since of one that is settled nobody remembers it. */
  readonly #tasks = new Map<string, string>();

  /** @returns the key of the Task to look at; `undefined` when nothing follows from the change */
  changed(resume: StoredResume, change: 'set' | 'deleted'): string | undefined {
    const { namespace, name, resourceVersion, deletionTimestamp } = resume.metadata;
    const key = `${namespace}/${name}`;
    if (change === 'deleted' || deletionTimestamp !== undefined || isSettled(resume)) {
      this.#remove(key);
      return undefined;
    }
    const task = taskKeyOf(resume);
    const known = this.#byTask.get(task) ?? new Map<string, Waiting>();
    const first = known.get(key)?.first ?? resourceVersion;
    this.#byTask.set(task, known.set(key, { resume, first }));
    this.#tasks.set(key, task);
    return task;
  }

  /**
   * Those that wait for a Task, the oldest first. Times have whole seconds: of the same one it goes by the version, which is
   * that of its making unless this controller has begun since.
   *
   * @param task - `namespace/name`
   */
  of(task: string): StoredResume[] {
    const time = ({ resume }: Waiting): string => resume.metadata.creationTimestamp ?? '';
    return [...(this.#byTask.get(task)?.values() ?? [])]
      .toSorted((one, other) =>
        time(one) === time(other)
          ? (compareVersions(one.first, other.first) ?? 0)
          : time(one) < time(other)
            ? -1
            : 1,
      )
      .map(({ resume }) => resume);
  }

  #remove(key: string): void {
    const task = this.#tasks.get(key);
    if (task === undefined) return;
    this.#tasks.delete(key);
    const known = this.#byTask.get(task);
    known?.delete(key);
    if (known?.size === 0) this.#byTask.delete(task);
  }
}

/** Tasks of five steps by the hundred, what a scripted kubelet plays for each, and how it has to end. */
import { type StoredTask } from '../../../controller/stored-task.ts';
import { TASK_LABEL } from '../../../shared/task/api.ts';
import { type Task } from '../../../shared/task/task.ts';
import { type ApiObject } from '../../support/api-server/object.ts';
import { type PodScript } from '../../support/kubelet/index.ts';

interface Sort {
  spec?: Partial<Task['spec']>;
  /** Of step c. */
  onError?: 'continue';
  script?: PodScript;
  /** `STATUS REASON` */
  ends: string;
  /** The first letter of each step's state, in the order written; `-` is Skipped. */
  steps: string;
  /** How many steps are started. */
  starts: number;
}

const NAMES = ['e', 'd', 'c', 'b', 'a'];
const WELL: Sort = { ends: 'Successful Succeeded', steps: 'SSSSS', starts: 5 };

/** One in two goes well; the others have each a trouble of their own. */
const SORTS: Readonly<Record<string, Sort>> = {
  well: WELL,
  slow: { ...WELL, script: { steps: { e: { duration: 50 }, c: { duration: 100 } } } },
  fails: {
    script: { steps: { c: { exitCode: 42 } } },
    ends: 'Failure StepFailed',
    steps: 'SSF--',
    starts: 3,
  },
  may: { ...WELL, onError: 'continue', script: { steps: { c: { exitCode: 42 } } }, steps: 'SSCSS' },
  again: WELL,
  memory: {
    script: { steps: { c: { silent: true } } },
    ends: 'Failure OOMKilled',
    steps: 'SSF--',
    starts: 3,
  },
  spared: { ...WELL, onError: 'continue', script: { steps: { c: { silent: true } } }, steps: 'SSCSS' },
  controlled: { ...WELL, spec: { handOff: 'Controller' } },
  pull: {
    script: { steps: { c: { waiting: { reason: 'ErrImagePull', message: 'not found' } } } },
    ends: 'Failure ImagePullBackOff',
    steps: 'SSECC',
    starts: 2,
  },
  image: {
    script: { steps: { c: { waiting: { reason: 'InvalidImageName', message: 'no' } } } },
    ends: 'Failure InvalidImageName',
    steps: 'SSECC',
    starts: 2,
  },
  fine: WELL,
  evicted: {
    script: { steps: { d: { duration: 600_000 } }, evictedAfter: 200 },
    // The kubelet forgets what became of them sooner than the controller writes how far they are.
    ends: 'Failure Evicted',
    steps: 'EEEEE',
    starts: 2,
  },
  nowhere: {
    spec: { timeout: '2s' },
    script: { unschedulable: '0/1 nodes are available' },
    ends: 'Failure TimedOut',
    steps: '-----',
    starts: 0,
  },
  usual: WELL,
};
const SORT_NAMES = Object.keys(SORTS);

/** The Task of this number, ready to be created. */
export function fleetTask(number: number, namespace: string): StoredTask {
  const sort = SORT_NAMES[number % SORT_NAMES.length] ?? '';
  const { spec, onError } = SORTS[sort] ?? WELL;
  const steps = NAMES.map((name) => ({
    name,
    image: 'busybox',
    command: ['true'],
    ...(name === 'c' && onError && { onError }),
  }));
  return {
    apiVersion: 'api.practice.com/v1alpha1',
    kind: 'Task',
    metadata: { name: `${sort}-${number}`, namespace },
    spec: { ...spec, steps },
  };
}

/** For `scriptedKubelet`. */
export function fleetScript({ metadata: { labels = {} } }: ApiObject): PodScript {
  return sortOf(labels[TASK_LABEL] ?? '').script ?? {};
}

/** What a Task has come to, in a form to be compared with {@link fleetEnd}. */
export function endOf({ metadata: { name }, status }: StoredTask, starts: readonly string[]) {
  const letters = status?.steps?.map(({ state }) => (state === 'Skipped' ? '-' : state.slice(0, 1))).join('');
  return { name, ends: `${status?.status} ${status?.reason}`, steps: letters, starts: starts.join('') };
}

export function fleetEnd({ metadata: { name } }: StoredTask): ReturnType<typeof endOf> {
  const { ends, steps, starts } = sortOf(name);
  return { name, ends, steps, starts: NAMES.slice(0, starts).join('') };
}

function sortOf(name: string): Sort {
  return SORTS[name.replace(/-\d+$/, '')] ?? WELL;
}

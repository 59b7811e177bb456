/** A planned Task as a manifest: steps that write down when they begin, that they live, and when they end. */
import type { Task } from '../../shared/task/task.ts';
import type { Plan, PlannedStep } from './plan.ts';

export interface Place {
  image: string;
  imagePullPolicy: 'IfNotPresent' | 'Never';
  /** Where the steps write, under the same path on this machine. */
  directory: string;
  /** Whether the steps need a volume to come there. */
  mount: boolean;
}

/** The variable by which the processes of a step are found on this machine; its value is `TASK/STEP`. */
export const MARK = 'TASKFLOW_CHAOS_STEP';

/** The variable in which a step finds the result of another one. */
const TAKEN = 'TAKEN';

/** @example specOf(plan, place).steps[0]?.name // 's0' */
export function specOf(plan: Plan, place: Place): Task['spec'] {
  const { directory, mount } = place;
  const { handOff, suspend, failFast, timeout } = plan;
  const last = plan.finally.map((step) => stepOf(step, plan, place));
  return {
    ...(suspend && { suspend }),
    ...(failFast && { failFast }),
    ...(handOff === 'Controller' && { handOff }),
    ...(timeout !== undefined && { timeout: `${timeout}ms` }),
    podTemplate: { terminationGracePeriodSeconds: 3 },
    ...(mount && { volumes: [{ name: 'journal', hostPath: { path: directory, type: 'Directory' } }] }),
    steps: plan.steps.map((step) => ({
      ...stepOf(step, plan, place),
      ...(step.after !== undefined && { after: [...step.after] }),
    })),
    ...(last.length > 0 && { finally: last }),
  };
}

/** The step whose result this one takes. @example sourceOf(specOf(plan, place).steps[1]) // 's0' */
export function sourceOf({ env = [] }: Pick<Step, 'env'>): string | undefined {
  const taken = env.find(({ name }) => name === TAKEN)?.value ?? '';
  return /^\$\(steps\.(.+)\.results\.name\)$/.exec(taken)?.[1];
}

type Step = Task['spec']['steps'][number];

function stepOf(
  step: PlannedStep,
  plan: Plan,
  { image, imagePullPolicy, directory, mount }: Place,
): Omit<Step, 'after'> {
  const { name, takes, when, onError, timeout, failures } = step;
  const gives = plan.steps.some((other) => other.takes === name);
  return {
    name,
    image,
    imagePullPolicy,
    command: ['sh', '-c', scriptOf(step, `${directory}/${plan.name}`, gives)],
    env: [
      { name: MARK, value: `${plan.name}/${name}` },
      ...(takes === undefined ? [] : [{ name: TAKEN, value: `$(steps.${takes}.results.name)` }]),
    ],
    ...(gives && { results: ['name'] }),
    ...(when !== undefined && {
      when: [{ input: `$(steps.${when.step}.outcome)`, operator: when.operator, values: [when.outcome] }],
    }),
    ...(failures > 0 && { retries: failures, retryDelay: '200ms' }),
    ...(onError === 'continue' && { onError }),
    ...(timeout !== undefined && { timeout: `${timeout}ms` }),
    ...(mount && { volumeMounts: [{ name: 'journal', mountPath: directory }] }),
  };
}

/** The clock is the machine's uptime: every shell can read it, and it starts no process. */
function scriptOf(
  { name, beats, exitCode, stubborn, failures }: PlannedStep,
  file: string,
  gives: boolean,
): string {
  const lines = [
    `say() { read up _ </proc/uptime; echo "$1 ${name} $up $2" >>${file}; }`,
    ...(stubborn ? ["trap '' TERM"] : []),
    `say begin "$${TAKEN}"`,
    ...(gives ? [`echo ${name} >"$TASKFLOW_RESULTS/name"`] : []),
    `i=0; while [ $i -lt ${beats} ]; do sleep 0.2; say alive; i=$((i+1)); done`,
    ...(failures > 0
      ? [`if [ $(grep -c "^begin ${name} " ${file}) -le ${failures} ]; then say end 9; exit 9; fi`]
      : []),
    `say end ${exitCode}; exit ${exitCode}`,
  ];
  return lines.join('; ');
}

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

/** @example specOf(plan, place).steps[0]?.name // 's0' */
export function specOf(plan: Plan, place: Place): Task['spec'] {
  const { image, imagePullPolicy, directory, mount } = place;
  const { handOff, suspend, timeout } = plan;
  return {
    ...(suspend && { suspend }),
    ...(handOff === 'Controller' && { handOff }),
    ...(timeout !== undefined && { timeout: `${timeout}ms` }),
    podTemplate: { terminationGracePeriodSeconds: 3 },
    ...(mount && { volumes: [{ name: 'journal', hostPath: { path: directory, type: 'Directory' } }] }),
    steps: plan.steps.map((step) => ({
      name: step.name,
      image,
      imagePullPolicy,
      command: ['sh', '-c', scriptOf(step, `${directory}/${plan.name}`)],
      env: [{ name: MARK, value: `${plan.name}/${step.name}` }],
      ...(step.onError === 'continue' && { onError: step.onError }),
      ...(step.timeout !== undefined && { timeout: `${step.timeout}ms` }),
      ...(mount && { volumeMounts: [{ name: 'journal', mountPath: directory }] }),
    })),
  };
}

/** The clock is the machine's uptime: every shell can read it, and it starts no process. */
function scriptOf({ name, beats, exitCode, stubborn }: PlannedStep, file: string): string {
  const say = `say() { read up _ </proc/uptime; echo "$1 ${name} $up $2" >>${file}; }`;
  const live = `i=0; while [ $i -lt ${beats} ]; do sleep 0.2; say alive; i=$((i+1)); done`;
  return `${say}; ${stubborn ? "trap '' TERM; " : ''}say begin; ${live}; say end ${exitCode}; exit ${exitCode}`;
}

import { type Step, type TaskStatus } from '../../shared/task/task.ts';
import { IMAGE, PULL } from './cluster-images.ts';

/** A step that runs this in a shell. */
export const sh = (name: string, script: string, more: Partial<Step> = {}): Step & { image: string } => ({
  name,
  imagePullPolicy: PULL,
  command: ['sh', '-c', script],
  ...more,
  image: more.image ?? IMAGE,
});

/** `NAME STATE` of every step. */
export const states = ({ steps = [] }: TaskStatus): string[] =>
  steps.map(({ name, state }) => `${name} ${state}`);

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeOutcome, OUTCOME_FILE, type Outcome } from '../../shared/turn/outcome.ts';
import { encodeResumes, HELD_FILE, type ResumeAction } from '../../shared/turn/resume.ts';
import { scratch } from './scratch.ts';

type Files = Partial<Record<'order' | 'gate' | 'over' | 'resume', string>>;

/** The outcome of a step that succeeded, unless something else is said. */
export function posted(said: Partial<Outcome>): Outcome {
  return {
    version: 1,
    step: 'first',
    number: 1,
    outcome: 'Succeeded',
    exitCode: 0,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
    attempts: 1,
    reason: 'Completed',
    message: 'exit code 0',
    ...said,
  };
}

/** The files that the agents of one pod share: order, gate, what is said of steps and to held ones, and the run directories. */
export class PodFiles {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(steps: number, files: Files = {}): Promise<PodFiles> {
    const pod = new PodFiles(await scratch());
    for (let number = 1; number <= steps; number++) await mkdir(pod.run(number), { recursive: true });
    await mkdir(join(pod.directory, 'podinfo'));
    await pod.write({ order: '0', ...files });
    return pod;
  }

  /** The run directory of a step. */
  run(number: number): string {
    return join(this.directory, 'run', String(number));
  }

  /** Each whole or not at all. */
  async write(files: Files): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.directory, 'podinfo', name);
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    }
  }

  /** Posts the outcome of a step: it succeeded, unless something else is said. */
  async post(number: number, outcome: Partial<Outcome> = {}): Promise<void> {
    const path = join(this.run(number), OUTCOME_FILE);
    const record = { step: `step-${number}`, number, ...outcome };
    await writeFile(`${path}.new`, encodeOutcome(posted(record)));
    await rename(`${path}.new`, path);
  }

  /** What a step's agent says of its hold; `undefined`: it is not held. */
  async held(number: number): Promise<unknown> {
    const text = await readFile(join(this.run(number), HELD_FILE), 'utf8').catch(() => '');
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Tells a held step something, for each of its holds. */
  async resume(number: number, ...actions: readonly ResumeAction[]): Promise<void> {
    const steps = new Map([[number, actions.map((action) => ({ action, by: 'test' }))]]);
    await this.write({ resume: encodeResumes({ steps }) });
  }

  /** The flags of a step's agent. */
  flags(number: number, after: readonly number[]): string[] {
    const at = (name: string): string => join(this.directory, 'podinfo', name);
    return [
      ...['--wait', at('order'), '--waitcontent', String(number)],
      ...['--gate', at('gate'), '--over', at('over'), '--resume', at('resume')],
      ...(after.length === 0 ? ['--first'] : after.flatMap((each) => ['--after', this.run(each)])),
      ...['--post', this.run(number), '--step', `step-${number}`],
    ];
  }
}

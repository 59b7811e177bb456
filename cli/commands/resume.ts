import { resolve } from 'node:path';
import { UsageError } from '../../shared/turn/errors.ts';
import { RESUME_ACTIONS, type ResumeAction } from '../../shared/turn/resume.ts';
import { print } from '../../shared/print.ts';
import { clusterOptions, withTask } from '../cluster/connection.ts';
import { command } from '../command.ts';

export const resumeCommand = command({
  name: 'resume',
  usage: '[OPTIONS] TASK, or --run DIR [--step STEP] [--action ACTION]',
  describe: 'Let a Task in a cluster, or a held step of a local run, go on',
  rest: 'task',
  options: {
    run: { type: 'string', describe: 'The directory of a local run, which it names when a step is held' },
    step: { type: 'string', describe: 'The step (default: whatever is held)' },
    action: {
      type: 'string',
      choices: RESUME_ACTIONS,
      describe:
        'Continue, run the command again (Retry), let the Task pass it (Skip), or end it as failed (Fail) (default: Continue)',
    },
    ...clusterOptions,
  },
  async run({ run, task, step, action, ...values }) {
    const asked = RESUME_ACTIONS.find((each) => each === action);
    if (run !== undefined) {
      if (task.length > 0) throw new UsageError('--run is for a local run; give it, or the name of a Task');
      return resumeRun(run, step, asked ?? 'Continue');
    }
    if (task.length === 0)
      throw new UsageError('nothing to resume; write taskflow resume TASK, or taskflow resume --run DIR');
    await withTask(task, values, async (place) => {
      const { resume } = await import('../cluster/control.ts');
      await print(`${await resume(place, { step, action: asked, wait: values.wait })}\n`);
    });
  },
});

async function resumeRun(run: string, step: string | undefined, action: ResumeAction): Promise<void> {
  const { ask } = await import('../run/resume-socket.ts');
  const resumed = await ask(resolve(run), { step, action });
  await print(resumed.map(({ step: name }) => `step ${name} goes on: ${action}\n`).join(''));
}

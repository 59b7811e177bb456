import { resolve } from 'node:path';
import { UsageError } from '../../shared/turn/errors.ts';
import { RESUME_ACTIONS } from '../../shared/turn/resume.ts';
import { print } from '../../shared/print.ts';
import { command } from '../command.ts';

export const resumeCommand = command({
  name: 'resume',
  usage: '--run DIR [--step STEP] [--action ACTION]',
  describe: 'Let a held step of a local run go on',
  options: {
    run: { type: 'string', describe: 'The directory of the run, which it names when a step is held' },
    step: { type: 'string', describe: 'The step (default: whatever is held)' },
    action: {
      type: 'string',
      choices: RESUME_ACTIONS,
      default: 'Continue',
      describe:
        'Continue, run the command again (Retry), let the Task pass it (Skip), or end it as failed (Fail)',
    },
  },
  async run({ run, step, action }) {
    if (run === undefined) throw new UsageError('no run; write taskflow resume --run DIR');
    const { ask } = await import('../run/resume-socket.ts');
    const asked = RESUME_ACTIONS.find((each) => each === action) ?? 'Continue';
    const resumed = await ask(resolve(run), { step, action: asked });
    await print(resumed.map(({ step: name }) => `step ${name} goes on: ${asked}\n`).join(''));
  },
});

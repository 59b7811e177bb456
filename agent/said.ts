/** Asks what earlier steps said and left. */
import { SystemError } from '../shared/turn/errors.ts';
import { type Said } from '../shared/turn/fill.ts';
import { RESULTS_DIRECTORY } from '../shared/turn/results.ts';
import { UnsaidError, type Say } from './fill.ts';
import { type Files } from './platform.ts';
import { readResult, ResultsError } from './results.ts';
import { type World } from './world.ts';

export function sayer(files: Files, world: Pick<World, 'outcomeOf' | 'taskOutcome'>): Say {
  return ({ run, of }: Said): string => {
    if (run === undefined) return world.taskOutcome();
    const ended = world.outcomeOf(run);
    const step = ended?.step ? `step ${ended.number} (${ended.step})` : `the step of ${run}`;
    if (of === 'outcome' || of === 'exitCode') {
      if (ended !== undefined) return String(ended[of]);
      throw new UnsaidError('OutcomeMissing', `${step} has posted no outcome that this step can take`);
    }
    const name = of.slice(of.indexOf('/') + 1);
    try {
      return readResult(files, `${run}/${RESULTS_DIRECTORY}`, name).text;
    } catch (error) {
      if (error instanceof SystemError && error.code === 'ENOENT') {
        const how = ended === undefined ? '' : ` ended ${ended.outcome} and`;
        const cure =
          ended === undefined || ended.attempts > 0
            ? `it must write the file $(results.${name}.path)`
            : 'what comes after a step that may not run takes no result of it, or has the same when:';
        throw new UnsaidError('ResultMissing', `${step}${how} left no result ${name}; ${cure}`);
      }
      if (!(error instanceof SystemError || error instanceof ResultsError)) throw error;
      throw new UnsaidError(
        'ResultUnusable',
        `the result ${name} of ${step} cannot be taken: ${error.message}`,
      );
    }
  };
}

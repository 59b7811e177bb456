/** Reads, each time anew, what the files say: the order, the gate, how other steps ended. */
import { OUTCOME_FILE, OutcomeError, parseOutcome, type Outcome } from '../shared/turn/outcome.ts';
import { parseInteger, QUIT, type Seen } from '../shared/turn/order.ts';
import {
  NOTHING_OVER,
  outcomeOver,
  OverError,
  parseOver,
  taskOutcome,
  type Over,
  type TaskOutcome,
} from '../shared/turn/over.ts';
import { NO_RESUMES, parseResumes, ResumeError, type Resumes } from '../shared/turn/resume.ts';
import { type Options } from './flags/options.ts';
import { SystemError } from '../shared/turn/errors.ts';
import { type Platform } from './platform.ts';

export interface World {
  look(): Seen;
  /** Only the order: all that matters to a step that runs. */
  order(): number | undefined;
  /** The first step that may not start by hand-off; 0 while the order lets none start. `undefined`: no gate. */
  gate(): number | undefined;
  /** What held steps were told so far. */
  resumes(): Resumes;
  /** How the step of a run directory ended, by its own word or by what is said of it. */
  outcomeOf(run: string): Outcome | undefined;
  /** What becomes of the Task, once all predecessors are over. */
  taskOutcome(): TaskOutcome;
  /** The directories in which a change may change what is seen. */
  readonly directories: readonly string[];
}

type Sources = Pick<Options, 'wait' | 'quit' | 'gate' | 'over' | 'resume' | 'after' | 'first' | 'always'>;

/** Trouble with a file is said once, on standard error; a file that is not there (yet) is no trouble. */
export function observe(platform: Pick<Platform, 'files' | 'warn'>, sources: Sources): World {
  const { wait, gate, after, first, always } = sources;
  const said = new Set<string>();
  const complain = (line: string): void => {
    if (!said.has(line)) platform.warn(line);
    said.add(line);
  };

  function read(path: string): string | undefined {
    try {
      return platform.files.read(path);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code !== 'ENOENT') complain(`${error.message}; still waiting`);
      return undefined;
    }
  }

  function order(): number | undefined {
    // Without an order file only the predecessors decide, and without those the step is free to run.
    if (wait === undefined) return after.length > 0 ? 0 : Infinity;
    const text = read(wait);
    if (text === undefined) return undefined;
    const value = parseInteger(text);
    if (value === undefined) {
      // An empty file is one that is being written.
      if (text.trim() !== '') complain(`${wait}: expected an integer, found ${quote(text)}; still waiting`);
      return undefined;
    }
    if (value === sources.quit) return QUIT;
    // Only the quit value quits: with --quit -5, -1 is just a low order.
    return value === QUIT ? 0 : value;
  }

  function gateNumber(): number | undefined {
    if (gate === undefined) return undefined;
    let text: string;
    try {
      text = platform.files.read(gate).trim();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (error.code === 'ENOENT') return undefined;
      complain(`${error.message}; the gate counts as closed`);
      return 0;
    }
    if (text === '') return undefined;
    const value = parseInteger(text);
    // Whoever wrote this wanted to hold steps back: holding all is the safe reading.
    if (value === undefined)
      complain(`${gate}: expected an integer, found ${quote(text)}; the gate counts as closed`);
    return value ?? 0;
  }

  function over(): Over {
    if (sources.over === undefined) return NOTHING_OVER;
    const text = read(sources.over);
    try {
      return text === undefined ? NOTHING_OVER : parseOver(text);
    } catch (error) {
      if (!(error instanceof OverError)) throw error;
      complain(`${sources.over}: ${error.message}; it says nothing so`);
      return NOTHING_OVER;
    }
  }

  function resumes(): Resumes {
    if (sources.resume === undefined) return NO_RESUMES;
    const text = read(sources.resume);
    try {
      return text === undefined ? NO_RESUMES : parseResumes(text);
    } catch (error) {
      if (!(error instanceof ResumeError)) throw error;
      complain(`${sources.resume}: ${error.message}; it lets nothing go on so`);
      return NO_RESUMES;
    }
  }

  const posted = new Map<string, Outcome>();

  /** What is posted stays: it is read once, and what later steps take is not kept here. */
  function postedIn(directory: string): Outcome | undefined {
    const known = posted.get(directory);
    if (known !== undefined) return known;
    const path = `${directory}/${OUTCOME_FILE}`;
    const text = read(path);
    if (text === undefined) return undefined;
    try {
      const { results: _results, resultSizes: _sizes, ...outcome } = parseOutcome(text);
      posted.set(directory, outcome);
      return outcome;
    } catch (error) {
      if (!(error instanceof OutcomeError)) throw error;
      complain(`${path}: ${error.message}; waiting for the order instead`);
      return undefined;
    }
  }

  function outcomesOf(runs: readonly string[]): (Outcome | undefined)[] {
    const outcomes = runs.map(postedIn);
    if (!outcomes.includes(undefined)) return outcomes;
    const { steps } = over();
    return outcomes.map((outcome, index) => {
      const number = Number(/(\d{1,9})\/?$/.exec(runs[index] ?? '')?.[1]);
      const said = steps.get(number);
      return outcome ?? (said && outcomeOver(number, said));
    });
  }

  return {
    look: () => ({
      order: order(),
      gate: gateNumber(),
      predecessors: first || after.length > 0 ? outcomesOf(after) : undefined,
      always,
    }),
    order,
    gate: () => {
      const value = order();
      return value === undefined || value === QUIT ? 0 : gateNumber();
    },
    resumes,
    outcomeOf: (run) => outcomesOf([run])[0],
    taskOutcome() {
      const ended = outcomesOf(after).filter((outcome) => outcome !== undefined);
      return over().outcome ?? taskOutcome(ended, order());
    },
    directories: [
      ...new Set(
        [wait, gate, sources.over, sources.resume].filter((file) => file !== undefined).map(directoryOf),
      ),
      ...after,
    ],
  };
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash);
}

function quote(text: string): string {
  const trimmed = text.trim();
  return JSON.stringify(trimmed.length > 20 ? `${trimmed.slice(0, 20)}…` : trimmed);
}

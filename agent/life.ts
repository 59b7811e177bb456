/** The life of one step: wait for the turn, run the command, post the outcome. */
import { QUIT } from '../shared/turn/order.ts';
import { next, type Outcome } from '../shared/turn/outcome.ts';
import { Bell } from './bell.ts';
import { complete, neverRan, type NeverRan } from '../shared/turn/ending.ts';
import { EXIT_CODES } from '../shared/turn/exit-codes.ts';
import { type HoldKind, type ResumeAction } from '../shared/turn/resume.ts';
import { type Options } from './flags/options.ts';
import { commandOf, conditionsOf, environmentOf, unmet, UnsaidError, type Plan, type Say } from './fill.ts';
import { holder, type HoldStep } from './hold.ts';
import { continued, postedBefore, postOutcome, ranTo, resumed } from './outcome.ts';
import { SystemError } from '../shared/turn/errors.ts';
import { type Command, type Platform, type Running, type Surroundings, type Watch } from './platform.ts';
import { RESULTS_VARIABLE, withResults } from './results.ts';
import { sayer } from './said.ts';
import { clear, ENDING, runStep, type Circumstances } from './step.ts';
import { awaitTurn, POLL, type Verdict } from './turn.ts';
import { observe, type World } from './world.ts';

/** Lives the step and returns the outcome that it posted. */
export async function live(platform: Platform, options: Options, plan: Plan): Promise<Outcome> {
  const before = postedBefore(platform, options);
  if (before !== undefined) return before;

  const outcome = await untilOver(platform, options, plan).catch((error: unknown) =>
    failed(error, platform, options),
  );
  try {
    postOutcome(platform, options, outcome);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    platform.warn(
      `taskflow-agent: cannot post the outcome (${outcome.outcome}, ${outcome.message}): ${error.message}`,
    );
    return { ...outcome, outcome: 'Error', exitCode: EXIT_CODES.AGENT_FAILED.code, reason: 'CannotPost' };
  }
  return outcome;
}

/** What keeps the agent from its work is posted too: nobody behind this step is to wait for a word that never comes. */
function failed(error: unknown, platform: Platform, options: Options): Outcome {
  if (!(error instanceof SystemError)) throw error;
  const { message } = error;
  platform.warn(`taskflow-agent: ${message}`);
  const exitCode = EXIT_CODES.AGENT_FAILED.code;
  return complete(
    { outcome: 'Error', exitCode, reason: 'AgentFailed', message },
    options,
    platform.clock.now(),
  );
}

async function untilOver(platform: Platform, options: Options, plan: Plan): Promise<Outcome> {
  const { clock } = platform;
  const bell = new Bell(clock);
  const unheard: number[] = [];
  // Whoever gets it, and whatever becomes of it: an end that was asked for is asked for as long as the step lives.
  let asked: number | undefined;
  platform.onSignal(({ number, reached }) => {
    if (ENDING.includes(number)) asked ??= number;
    if (!reached) unheard.push(number);
    bell.ring();
  });
  const world = observe(platform, options);
  const lifeline =
    options.lifeline === undefined ? undefined : platform.lifeline(options.lifeline, bell.ring);
  const abandoned = (): boolean => lifeline?.lost() === true;
  let watching: Watch | undefined;
  const watch = (): Watch => (watching ??= platform.watch(world.directories, bell.ring));

  const turn = (): Promise<Verdict> =>
    awaitTurn(options.number ?? 1, world, {
      bell,
      abandoned,
      // However it is told to go, what is to run always is begun: it has the time that is left until SIGKILL.
      ending: () => (options.always ? undefined : asked),
      watch,
    });
  const hold = holder(platform, options, world, {
    bell,
    ending: () => abandoned() || asked !== undefined,
    poll: () => (watch().cover() ? POLL.watched : POLL.unwatched),
  });
  const verdict = await turn();
  const filled = verdict.kind === 'run' ? begin(plan, sayer(platform.files, world)) : verdict;
  const begun =
    filled.kind === 'begun' && options.pauseBefore ? ((await heldBefore(hold, turn)) ?? filled) : filled;
  if (begun.kind !== 'begun') {
    if (begun.kind === 'unsaid') platform.warn(`taskflow-agent: ${begun.why}`);
    return handedOver(complete(neverRan(begun), options, clock.now()), options, world);
  }
  const { command, env } = begun;

  const quits = (): boolean => world.order() === QUIT;
  const started = clock.now();
  const now: Circumstances = {
    bell,
    clock,
    stop: () => (abandoned() ? 'RunGone' : !options.always && quits() ? 'Cancelled' : undefined),
    nextSignal: () => unheard.shift(),
    ending: () => asked !== undefined,
    killRest: () => platform.commands.killRest(),
    poll: () => (watching === undefined || watching.cover() ? POLL.watched : POLL.unwatched),
  };
  for (let attempts = 0; ;) {
    const running: Running[] = [];
    const start = (): Running => {
      // What came while no command ran was not meant for this one.
      unheard.length = 0;
      const attempt = platform.commands.start(command, surroundings(options, env), bell.ring);
      // Only now: what concerns the watch may take milliseconds that the command need not wait for.
      if (options.wait !== undefined) watch();
      running.push(attempt);
      return attempt;
    };
    if (options.results !== undefined) platform.files.makeDirectory(options.results);

    const ended = await runStep(start, options, now);
    attempts += ended.attempts;
    const losses = running.flatMap((attempt) => attempt.losses());
    for (const loss of losses) {
      platform.warn(`taskflow-agent: the copy of the output is not complete: ${loss}`);
    }
    const ran = ranTo({ ...ended, attempts }, losses, command);
    if (ended.exit.kind === 'unstartable' || ended.exit.kind === 'unstoppable')
      platform.warn(`taskflow-agent: ${ran.message}`);
    const recorded = complete(ran, options, clock.now(), started);
    const outcome =
      options.results === undefined
        ? recorded
        : withResults(platform.files, { ...options, directory: options.results }, recorded);
    if (outcome.reason === 'ResultsRefused') platform.warn(`taskflow-agent: ${outcome.message}`);

    const kind = ended.exit.kind === 'unstoppable' ? undefined : holdAfter(options, outcome);
    const action = kind && (await hold(kind, `after its command (${outcome.message})`));
    // As the end of the container does, but before the next step hears of it.
    await clear(now);
    if (action !== 'Retry') return handedOver(concluded(outcome, action, options), options, world);
    if (options.results !== undefined) platform.files.remove(options.results);
  }
}

/** What keeps a step from beginning once it was held before its command; `undefined`: nothing does. */
async function heldBefore(hold: HoldStep, turn: () => Promise<Verdict>): Promise<NeverRan | undefined> {
  const action = await hold('Before', 'before its command');
  if (action === 'Skip' || action === 'Fail') return { kind: 'resumed', action };
  if (action !== undefined) return undefined;
  // What ended the hold may be an end of the step.
  const verdict = await turn();
  return verdict.kind === 'run' ? undefined : verdict;
}

/** Whether, and as what, a step is held after its command, so that a person can look into the container. */
function holdAfter({ pauseAfter }: Options, { outcome }: Outcome): HoldKind | undefined {
  if (pauseAfter === undefined || outcome === 'Cancelled') return undefined;
  if (pauseAfter === 'always') return 'After';
  return outcome === 'Succeeded' ? undefined : 'OnFailure';
}

/** A person's word counts more than `--on-error`. */
function concluded(
  outcome: Outcome,
  action: Exclude<ResumeAction, 'Retry'> | undefined,
  { onError }: Options,
): Outcome {
  const last = resumed(outcome, action ?? 'Continue');
  return onError === 'continue' && action !== 'Fail' ? continued(last) : last;
}

/** What the step runs, now that all it takes from others is there; or that it does not. */
function begin(
  plan: Plan,
  say: Say,
): NeverRan | { kind: 'begun'; command: Command; env: Surroundings['env'] } {
  try {
    const why = unmet(conditionsOf(plan, say));
    if (why !== undefined) return { kind: 'omitted', why };
    return { kind: 'begun', command: commandOf(plan, say), env: environmentOf(plan, say) };
  } catch (error) {
    if (!(error instanceof UnsaidError)) throw error;
    return { kind: 'unsaid', reason: error.reason, why: error.message };
  }
}

/**
 * The gate goes into the record of a step that goes on, before what a kubelet may cut off: all agents of a pod see the
 * same files, so it says whether the next step began.
 */
function handedOver(outcome: Outcome, { gate }: Options, world: World): Outcome {
  if (gate === undefined || next(outcome) === 'stop') return outcome;
  const { version, outcome: kind, exitCode, ...rest } = outcome;
  return { version, outcome: kind, exitCode, gate: world.gate() ?? null, ...rest };
}

function surroundings({ out, err, results, workdir }: Options, env: Surroundings['env']): Surroundings {
  return {
    out,
    err,
    workdir,
    env: { ...env, ...(results !== undefined && { [RESULTS_VARIABLE]: results }) },
  };
}

/** The life of one step: wait for the turn, run the command, post the outcome. */
import { QUIT } from '../shared/order.ts';
import { type Outcome } from '../shared/outcome.ts';
import { Bell } from './bell.ts';
import { EXIT } from './exit-codes.ts';
import { type Options } from './flags.ts';
import { complete, neverRan, postedBefore, postOutcome, ranTo } from './outcome.ts';
import { SystemError, type Command, type Platform } from './platform.ts';
import { SIGHUP, SIGINT, SIGQUIT, SIGTERM } from './signals.ts';
import { supervise } from './step.ts';
import { awaitTurn, POLL } from './turn.ts';
import { observe } from './world.ts';

/** The signals by which a waiting step is asked to end. */
const ENDING: readonly number[] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];

/** Lives the step and returns the outcome that it posted. */
export async function live(platform: Platform, options: Options, command: Command): Promise<Outcome> {
  const before = postedBefore(platform, options);
  if (before !== undefined) return before;

  const outcome = await untilOver(platform, options, command);
  try {
    postOutcome(platform, options, outcome);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    platform.warn(
      `taskflow-agent: cannot post the outcome (${outcome.outcome}, ${outcome.message}): ${error.message}`,
    );
    return { ...outcome, outcome: 'Error', exitCode: EXIT.AGENT_FAILED, reason: 'CannotPost' };
  }
  return outcome;
}

async function untilOver(platform: Platform, options: Options, command: Command): Promise<Outcome> {
  const { clock } = platform;
  const bell = new Bell(clock);
  const signals: number[] = [];
  platform.onSignal((signal) => {
    signals.push(signal);
    bell.ring();
  });
  const world = observe(platform, options);

  const verdict = await awaitTurn(options.number ?? 1, world, {
    bell,
    ending: () => signals.find((signal) => ENDING.includes(signal)),
    watch: () => platform.watch(world.directories, bell.ring),
  });
  if (verdict.kind !== 'run') return complete(neverRan(verdict), options, clock.now());

  // Other signals that came while it waited were not meant for the command; one that asks for an end still is.
  const pending = signals.filter((signal) => ENDING.includes(signal));
  signals.splice(0, signals.length, ...pending);

  const started = clock.now();
  const running = platform.commands.start(command, { out: options.out, err: options.err }, bell.ring);
  // Only now: what concerns the watch may take milliseconds that the command need not wait for.
  const watch = options.wait === undefined ? undefined : platform.watch(world.directories, bell.ring);
  const ended = await supervise(running, {
    bell,
    clock,
    cancelled: () => world.order() === QUIT,
    nextSignal: () => signals.shift(),
    grace: options.grace,
    poll: () => (watch === undefined || watch.cover() ? POLL.watched : POLL.unwatched),
  });
  const ending = ranTo(ended, command);
  if (ended.exit.kind === 'unstartable') platform.warn(`taskflow-agent: ${ending.message}`);
  return complete(ending, options, clock.now(), started);
}

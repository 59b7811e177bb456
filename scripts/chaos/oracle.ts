/** Whether what became of a Task, and what was told of it, can be. Pure. */
import type { Facts } from './facts.ts';
import { eventsOf } from './oracle/events.ts';
import { graph } from './oracle/graph.ts';
import { history } from './oracle/history.ts';
import { lastWords } from './oracle/last-words.ts';
import { stepWords } from './oracle/step-words.ts';

/**
 * What is wrong, a sentence each; empty when nothing is.
 *
 * @example judge({ spec, journal, seen, done, events, pods: 2, until }) // ['it had 2 pods']
 */
export function judge(facts: Facts): string[] {
  return [graph, history, stepWords, lastWords, eventsOf].flatMap((rule) => rule(facts));
}

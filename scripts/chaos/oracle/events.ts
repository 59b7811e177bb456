/** The end of a Task is told once in its events, and as its status has it. */
import { lastWord, wasDone, type Facts } from '../facts.ts';

const FINAL: ReadonlySet<string> = new Set(['Finished', 'Failed']);
/** As much of a message as is sure to be in a note. */
const BEGINNING = 100;

export function eventsOf(facts: Facts): string[] {
  const { events } = facts;
  const status = lastWord(facts)?.status;
  if (status === undefined || wasDone(facts, 'delete-task')) return [];
  const final = events.filter(({ reason }) => FINAL.has(reason));
  const [first] = final;
  if (first === undefined || final.length > 1) return [`${final.length} events tell its end`];
  const wanted = status.status === 'Failure' ? 'Failed' : 'Finished';
  if (first.reason !== wanted) return [`its last event is ${first.reason}, its status ${status.status}`];
  const beginning = (status.message ?? '').slice(0, BEGINNING);
  return first.note.includes(beginning)
    ? []
    : [`its last event says "${first.note}", its status "${beginning}"`];
}

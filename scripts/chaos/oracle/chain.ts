/** What really ran: each step once, after the one before it, and none behind one that stopped the Task. */
import { wasKilled, type Facts } from '../facts.ts';

export function chain(facts: Facts): string[] {
  const { spec, journal, pods } = facts;
  const wrong: string[] = [];
  if (pods > 1) wrong.push(`it had ${pods} pods`);
  for (const [index, { name }] of spec.steps.entries()) {
    const entry = journal.get(name);
    if (entry === undefined) continue;
    const [begun] = entry.begins;
    if (entry.begins.length !== 1 || begun === undefined)
      wrong.push(`step ${name} began ${entry.begins.length} times`);
    const before = spec.steps[index - 1];
    if (before === undefined || begun === undefined) continue;
    const earlier = journal.get(before.name);
    const mayFail = before.onError === 'continue';
    if (earlier === undefined) {
      // Its container can have died before its turn.
      if (!(mayFail && wasKilled(facts, before.name)))
        wrong.push(`step ${name} began, and step ${before.name} in front of it never did`);
    } else if (earlier.last > begun) {
      wrong.push(
        `step ${name} began ${earlier.last - begun} ms before the last sign of life of ${before.name}`,
      );
    } else if (earlier.end?.code !== 0 && !mayFail) {
      const how = earlier.end === undefined ? 'was ended' : `ended with code ${earlier.end.code}`;
      wrong.push(`step ${name} began, though step ${before.name} ${how}`);
    }
  }
  return wrong;
}

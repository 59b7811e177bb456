/** What is known of one Task with an anomaly, for people. */
import type { Result } from './campaign.ts';

/** Some lines: what is wrong, what was done to it, what was told of it, what its steps wrote. */
export function described({ plan, facts, anomalies, journal }: Result): string {
  const done = facts.done.map(({ act, from }) => `${new Date(from).toISOString()} ${JSON.stringify(act)}`);
  const seen = facts.seen.map(({ at, status }) => {
    const steps = status.steps?.map(({ name, state, reason, message }) =>
      [name, state, reason, ...(status.completionTime === undefined ? [] : [`"${message}"`])]
        .join(' ')
        .trim(),
    );
    return `${new Date(at).toISOString()} ${status.status} ${status.reason ?? ''} (${steps?.join(', ')})`;
  });
  return [`${plan.name}:`, ...anomalies, ...done, ...seen, journal.replaceAll(/^alive.*\n/gm, '')].join(
    '\n  ',
  );
}

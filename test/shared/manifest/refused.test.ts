import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { formatJson } from '../../../shared/json.ts';
import { ManifestError, parseTasks } from '../../../shared/manifest/index.ts';
import { POD_CASES, taskOf } from '../fixtures/pod-cases.ts';

const { refused } = JSON.parse(
  await readFile(new URL('../fixtures/pods-refused.json', import.meta.url), 'utf8'),
) as { refused: Record<string, string> };

function problemsOf(task: object): string {
  try {
    parseTasks(formatJson(task, 1), 'task.json');
    return '';
  } catch (error) {
    if (error instanceof ManifestError) return error.message;
    throw error;
  }
}

it.each(Object.entries(POD_CASES))('is refused as an API server refuses its pod: %s', (name, each) => {
  const problems = problemsOf(taskOf(each));
  expect({ refused: problems !== '', problems }).toEqual({ refused: name in refused, problems });
  // Every problem has its place and says what was expected or what to do.
  for (const line of problems.split('\n').filter(Boolean))
    expect(line).toMatch(/^task\.json:\d+:\d+: spec\..*: .{10,}/);
});

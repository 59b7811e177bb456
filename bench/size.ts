/** The bytes of each static build that is there, beside the Node that the other build needs. */
import { stat } from 'node:fs/promises';
import { execPath } from 'node:process';
import { staticBuild } from './harness/agents.ts';
import { type Row } from './harness/row.ts';

const LIMIT = 700_000;

export async function size(): Promise<Row[]> {
  const node = { what: 'the Node executable', samples: [(await stat(execPath)).size] };
  return Promise.all(
    ['amd64', 'arm64'].map(async (architecture): Promise<Row> => {
      const what = `size, linux/${architecture}`;
      const bytes = await stat(staticBuild(architecture)).then(
        (found) => found.size,
        () => undefined,
      );
      if (bytes === undefined)
        return { what, skipped: `not built; npm run build:agent -- --arch ${architecture}` };
      return {
        what,
        unit: 'bytes',
        samples: [bytes],
        than: node,
        budgets: [{ of: 'median', atMost: LIMIT }],
      };
    }),
  );
}

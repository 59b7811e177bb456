/**
 * Asks an API server which pods it takes of the Tasks in `test/shared/fixtures/pod-cases.ts`, and writes the answers to
 * `pods-refused.json` beside it: `node scripts/record-pods/main.ts`, with a kubectl whose cluster it may ask
 * (`--dry-run=server`: nothing is made).
 */
import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { formatJson } from '../../shared/json.ts';
import { podOf } from '../../shared/pod/pod.ts';
import type { Task } from '../../shared/task/task.ts';
import { POD_CASES, taskOf } from '../../test/shared/fixtures/pod-cases.ts';

const FIXTURE = new URL('../../test/shared/fixtures/pods-refused.json', import.meta.url);

const { stdout } = await execa('kubectl', ['version', '-o', 'json']);
const { serverVersion } = JSON.parse(stdout) as { serverVersion: { gitVersion: string } };
const refused: Record<string, string> = {};
for (const [name, each] of Object.entries(POD_CASES)) {
  // Whatever we think of it: the server is to say.
  const pod = podOf(taskOf(each) as Task, { agentImage: 'agent' });
  const answer = await execa(
    'kubectl',
    ['create', '--dry-run=server', '--validate=strict', '-o', 'name', '-f', '-'],
    {
      input: formatJson(pod),
      reject: false,
    },
  );
  if (answer.exitCode !== 0)
    refused[name] = answer.stderr.replaceAll(/task-pod-case-\w+/g, 'task-pod-case-…');
}
await writeFile(FIXTURE, `${JSON.stringify({ server: serverVersion.gitVersion, refused }, undefined, 2)}\n`);

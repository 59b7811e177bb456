/**
 * Writes down how kubectl reads the YAML of `test/shared/fixtures/yaml-cases.ts`, to `kubectl-reads.json` beside it.
 * It needs no cluster: `node scripts/record-kubectl/main.ts [KUBECTL..]`, by default the `kubectl` of the PATH. Of
 * several kubectls every one must read the same.
 */
import { writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { YAML_CASES } from '../../test/shared/fixtures/yaml-cases.ts';

/** What makes an object of any document. kubectl prints it back with an annotation and without a server. */
const HEAD = 'apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: thing }\n';

interface Reading {
  text: string;
  /** The fields as JSON text, since JavaScript has no number for each; absent: kubectl refuses the text. */
  json?: string;
}

const FIXTURE = new URL('../../test/shared/fixtures/kubectl-reads.json', import.meta.url);
const given = process.argv.slice(2);
const kubectls = given.length === 0 ? ['kubectl'] : given;

const versions: string[] = [];
const readings: Reading[] = [];
for (const kubectl of kubectls) {
  const { stdout } = await execa(kubectl, ['version', '--client', '-o', 'json']);
  versions.push(/"gitVersion": "([^"]+)"/.exec(stdout)?.[1] ?? 'unknown');
}
for (const text of Object.values(YAML_CASES).flat()) {
  const all = await Promise.all(kubectls.map((kubectl) => read(kubectl, text)));
  const [first] = all;
  if (first === undefined || !all.every((other) => isDeepStrictEqual(other, first))) {
    throw new Error(`kubectls differ about ${JSON.stringify(text)}:\n${JSON.stringify(all, undefined, 2)}`);
  }
  readings.push(first);
}
await writeFile(FIXTURE, `${JSON.stringify({ kubectl: versions, readings }, undefined, 2)}\n`);

async function read(kubectl: string, text: string): Promise<Reading> {
  const { stdout, exitCode } = await execa(
    kubectl,
    ['patch', '--local', '-f', '-', '--type=merge', '-p', '{}', '-o', 'jsonpath={@}'],
    { input: HEAD + text, reject: false, env: { KUBECONFIG: '/dev/null' } },
  );
  return exitCode === 0 ? { text, json: stdout } : { text };
}

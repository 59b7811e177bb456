/** The options that give params their values. */
import { UsageError } from '../../shared/turn/errors.ts';
import type { GivenParam, GivenText } from '../../shared/task/given-params.ts';
import { readParams } from '../../shared/manifest/params-file.ts';

export const paramOptions = {
  param: {
    alias: 'p',
    type: 'string',
    array: true,
    describe:
      'NAME=VALUE for a param; more than once for an array; NAME.KEY=VALUE, or NAME={"KEY":"VALUE"}, for an object',
  },
  'params-file': {
    type: 'string',
    array: true,
    describe: 'A YAML or JSON file with a map of params; -p wins over it',
  },
} as const;

/** @throws {UsageError} @throws {ManifestError} */
export async function givenParams({
  param,
  paramsFile,
}: {
  param: readonly string[];
  paramsFile: readonly string[];
}): Promise<GivenParam[]> {
  const texts = new Map<string, GivenText[]>();
  for (const given of param) {
    const [, name, key, text] = /^([^=.]+)(?:\.([^=]+))?=(.*)$/s.exec(given) ?? [];
    // The value may be a secret: it is not repeated.
    if (name === undefined || text === undefined) throw new UsageError('-p needs NAME=VALUE');
    texts.set(name, [...(texts.get(name) ?? []), { text, ...(key !== undefined && { key }) }]);
  }
  const files: GivenParam[] = [];
  for (const file of paramsFile) files.push(...(await readParams(file)));
  return [...files, ...[...texts].map(([name, of]) => ({ name, value: { texts: of }, from: `-p ${name}` }))];
}

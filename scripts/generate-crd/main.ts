/** Writes the CRDs as the code has them: node scripts/generate-crd/main.ts. A test fails while a file differs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ALL_DEFINITIONS } from '../../shared/crd/crd.ts';
import { formatYaml } from '../../shared/manifest/index.ts';

const directory = new URL('../../deploy/crd/', import.meta.url);

await mkdir(directory, { recursive: true });
for (const definition of ALL_DEFINITIONS) {
  const file = new URL(`${definition.metadata.name}.yaml`, directory);
  await writeFile(file, formatYaml(definition));
  process.stderr.write(`generate-crd: wrote ${fileURLToPath(file)}\n`);
}

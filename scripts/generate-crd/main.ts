/** Writes the CRD as the code has it: node scripts/generate-crd/main.ts. A test fails while the file differs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CRD_NAME, customResourceDefinition } from '../../shared/crd/crd.ts';
import { formatYaml } from '../../shared/manifest/index.ts';

const directory = new URL('../../deploy/crd/', import.meta.url);
const file = new URL(`${CRD_NAME}.yaml`, directory);

await mkdir(directory, { recursive: true });
await writeFile(file, formatYaml(customResourceDefinition()));
process.stderr.write(`generate-crd: wrote ${fileURLToPath(file)}\n`);
